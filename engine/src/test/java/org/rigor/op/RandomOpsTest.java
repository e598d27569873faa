// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Philox;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** Random numbers as functions of key, site, sample and step. */
class RandomOpsTest {
  private static final HostTensor KEY = HostTensor.of(Shape.of(1, 2), 17, -4);

  private interface Draw {
    Value of(Randoms r);
  }

  private static HostTensor draw(HostTensor key, int[] ids, int[] steps, Draw draw) {
    Program.Builder b = Program.builder("draw");
    Value k = b.input("key", key.type());
    Value i = b.input("ids", new TensorType(DType.I32, Shape.of(1, ids.length)));
    Value s = b.input("steps", new TensorType(DType.I32, Shape.of(1, steps.length)));
    Program p = b.output("y", draw.of(new Randoms(k, i, s))).build();
    return NaiveEvaluator.run(
            p,
            Map.of(
                "key", key,
                "ids", HostTensor.of(Shape.of(1, ids.length), ids),
                "steps", HostTensor.of(Shape.of(1, steps.length), steps)))
        .get(0);
  }

  @Test
  void wordsAreThePhiloxBlocksOfTheStatedCounter() {
    HostTensor y = draw(KEY, new int[] {7}, new int[] {3, 5}, r -> r.bits("site", Shape.of(2, 3)));
    long site = RandomBits.hash("site");
    int[] expected = new int[8];
    for (int block = 0; block < 2; block++) {
      Philox.block(block, 7, 3, 5, 17 ^ (int) (site >>> 32), -4 ^ (int) site, expected, 4 * block);
    }
    assertThat(y.ints()).containsExactly(Arrays.copyOf(expected, 6));
  }

  @Test
  void aSampleDoesNotDependOnItsPlaceOrItsNeighbours() {
    Draw d = r -> r.bits("site", Shape.of(5));
    HostTensor all = draw(KEY, new int[] {4, 9, 2}, new int[] {1}, d);
    HostTensor one = draw(KEY, new int[] {9}, new int[] {1}, d);
    assertThat(Arrays.copyOfRange(all.ints(), 5, 10)).containsExactly(one.ints());
  }

  @Test
  void everythingThatNamesADrawChangesIt() {
    Draw d = r -> r.bits("site", Shape.of(4));
    int[] base = draw(KEY, new int[] {1}, new int[] {1, 0}, d).ints();
    assertThat(draw(KEY, new int[] {1}, new int[] {1}, d).ints()).containsExactly(base);
    assertThat(draw(KEY, new int[] {2}, new int[] {1, 0}, d).ints()).isNotEqualTo(base);
    assertThat(draw(KEY, new int[] {1}, new int[] {2, 0}, d).ints()).isNotEqualTo(base);
    assertThat(draw(KEY, new int[] {1}, new int[] {1, 1}, d).ints()).isNotEqualTo(base);
    Draw other = r -> r.bits("site2", Shape.of(4));
    assertThat(draw(KEY, new int[] {1}, new int[] {1, 0}, other).ints()).isNotEqualTo(base);
    HostTensor key = HostTensor.of(Shape.of(1, 2), 17, -5);
    assertThat(draw(key, new int[] {1}, new int[] {1, 0}, d).ints()).isNotEqualTo(base);
  }

  @Test
  void uniformsFillTheIntervalEvenly() {
    for (DType t : new DType[] {DType.F32, DType.F64}) {
      HostTensor y =
          draw(KEY, range(50), new int[] {0}, r -> r.uniform("u", t, Shape.of(80), -1, 3));
      int[] bins = new int[8];
      for (int i = 0; i < 4000; i++) {
        assertThat(y.get(i)).isBetween(-1.0, 3.0);
        bins[Math.min(7, (int) ((y.get(i) + 1) * 2))]++;
      }
      double chi = Arrays.stream(bins).mapToDouble(n -> (n - 500.0) * (n - 500) / 500).sum();
      assertThat(chi).isLessThan(24.3); // 0.999 quantile, 7 degrees of freedom
    }
  }

  @Test
  void normalsHaveTheMomentsAndTailsOfANormal() {
    for (DType t : new DType[] {DType.F32, DType.F64}) {
      HostTensor y = draw(KEY, range(100), new int[] {0}, r -> r.normal("n", t, Shape.of(100)));
      double[] moment = new double[5];
      int beyondTwo = 0;
      for (int i = 0; i < 10_000; i++) {
        for (int k = 1; k <= 4; k++) {
          moment[k] += Math.pow(y.get(i), k) / 10_000;
        }
        beyondTwo += Math.abs(y.get(i)) > 2 ? 1 : 0;
      }
      // four standard errors
      assertThat(moment[1]).isCloseTo(0, within(0.04));
      assertThat(moment[2]).isCloseTo(1, within(0.057));
      assertThat(moment[3]).isCloseTo(0, within(0.155));
      assertThat(moment[4]).isCloseTo(3, within(0.39));
      assertThat(beyondTwo / 10_000.0).isCloseTo(0.0455, within(0.0083));
    }
  }

  /** Both numbers of a pair, in halves; an odd one out drops its partner. */
  @Test
  void pairsGiveTwoNormals() {
    for (int n : new int[] {6, 7}) {
      int half = (n + 1) / 2;
      HostTensor z =
          draw(KEY, range(3), new int[] {2}, r -> r.normals("n", DType.F64, Shape.of(1, n)));
      HostTensor u =
          draw(KEY, range(3), new int[] {2}, r -> r.unit("n", DType.F64, Shape.of(half, 2)));
      assertThat(z.shape()).isEqualTo(Shape.of(1, 3, 1, n));
      for (int i = 0; i < 3 * n; i++) {
        int pair = i / n * half + i % n % half;
        double radius = Math.sqrt(-2 * Math.log1p(-u.get(2 * pair)));
        double angle = 2 * Math.PI * u.get(2 * pair + 1);
        double expected = radius * (i % n < half ? Math.cos(angle) : Math.sin(angle));
        assertThat(z.get(i)).isCloseTo(expected, within(1e-13));
      }
    }
  }

  @Test
  void normalsAreTheStatedFunctionOfTheirPair() {
    HostTensor n = draw(KEY, range(3), new int[] {2}, r -> r.normal("n", DType.F64, Shape.of(4)));
    HostTensor u = draw(KEY, range(3), new int[] {2}, r -> r.unit("n", DType.F64, Shape.of(4, 2)));
    for (int i = 0; i < 12; i++) {
      double radius = Math.sqrt(-2 * Math.log1p(-u.get(2 * i)));
      assertThat(n.get(i))
          .isCloseTo(radius * Math.cos(2 * Math.PI * u.get(2 * i + 1)), within(1e-13));
    }
  }

  @Test
  void signsAreFair() {
    HostTensor y = draw(KEY, range(50), new int[] {0}, r -> r.signs("s", DType.F32, Shape.of(80)));
    double sum = 0;
    for (float x : y.floats()) {
      assertThat(Math.abs(x)).isEqualTo(1);
      sum += x;
    }
    assertThat(Math.abs(sum)).isLessThan(4 * Math.sqrt(4000));
  }

  private static int[] permutation(int n, int epoch) {
    Program.Builder b = Program.builder("permutation");
    Value key = b.input("key", KEY.type());
    Value at = b.input("at", new TensorType(DType.I32, Shape.of(1, n)));
    Value e = b.input("epoch", new TensorType(DType.I32, Shape.of(1, 1)));
    Program p = b.output("y", Value.of(new Permutation("order", n), key, at, e)).build();
    HostTensor positions = HostTensor.of(Shape.of(1, n), range(n));
    HostTensor epochs = HostTensor.of(Shape.of(1, 1), epoch);
    return NaiveEvaluator.run(p, Map.of("key", KEY, "at", positions, "epoch", epochs))
        .get(0)
        .ints();
  }

  @Test
  void permutationsAreBijections() {
    for (int n : new int[] {1, 2, 3, 4, 5, 15, 16, 17, 63, 64, 65, 100, 1000, 1025}) {
      assertThat(permutation(n, 0)).hasSize(n).containsExactlyInAnyOrder(range(n));
    }
  }

  @Test
  void manyPositionsAtOnceGiveTheImagesOfEach() {
    for (int n : new int[] {1, 2, 17, 1000, 5000}) {
      Permutation p = new Permutation("order", n);
      int[] together = p.at(range(n), 5, -7, 3);
      for (int i = 0; i < n; i++) {
        assertThat(p.at(new int[] {i}, 5, -7, 3)).containsExactly(together[i]);
      }
    }
  }

  @Test
  void permutationsOfSmallSetsAreEvenlySpread() {
    int[] first = new int[5];
    for (int epoch = 0; epoch < 2000; epoch++) {
      first[permutation(5, epoch)[0]]++;
    }
    double chi = Arrays.stream(first).mapToDouble(k -> (k - 400.0) * (k - 400) / 400).sum();
    assertThat(chi).isLessThan(18.5); // 0.999 quantile, 4 degrees of freedom
  }

  private static int[] range(int n) {
    return IntStream.range(0, n).toArray();
  }
}
