// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.rigor.diff.Diff;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

class OrderTest {
  private static Value input(HostTensor x) {
    return Program.builder("p").input("x", x.type());
  }

  private static HostTensor eval(Value y, Value x, HostTensor at) {
    return NaiveEvaluator.eval(y, Map.of(x, at));
  }

  /** Many equal keys, both zeros and NaN, longer than shared memory holds. */
  @Test
  void sortsLikeAStableSortAtAllLengthsOnAllDevices() {
    Random r = new Random(4);
    for (String kind : new String[] {"cpu", "emulated"}) {
      try (Device device = Device.open(kind)) {
        for (int n : new int[] {2, 33, 64, 1000, 12_289}) {
          float[] x = new float[n];
          for (int i = 0; i < n; i++) {
            int v = r.nextInt(50);
            x[i] = v == 0 ? Float.NaN : v == 1 ? -0f : v == 2 ? 0f : r.nextInt(200) - 100;
          }
          for (boolean descending : new boolean[] {false, true}) {
            Comparator<Integer> byKey = (i, j) -> Float.compare(x[i] + 0f, x[j] + 0f);
            int[] expected =
                IntStream.range(0, n)
                    .boxed()
                    .sorted(descending ? byKey.reversed() : byKey)
                    .mapToInt(Integer::intValue)
                    .toArray();
            HostTensor at = HostTensor.of(Shape.of(1, n), x);
            Program.Builder b = Program.builder("sort");
            b.output("y", Order.argSort(b.input("x", at.type()), descending));
            try (Executable e = device.compile(b.build())) {
              e.input("x").write(at);
              e.run();
              assertThat(e.output("y").read().ints()).isEqualTo(expected);
            }
          }
        }
      } catch (org.rigor.exec.DeviceException e) {
        org.junit.jupiter.api.Assumptions.assumeTrue(false, e.firstLine());
      }
    }
  }

  @Test
  void sortsAnyAxisAndSendsTheDerivativeBack() {
    HostTensor at = HostTensor.of(Shape.of(1, 3, 2), new double[] {5, 1, -2, 7, 3, 4});
    Value x = input(at);
    Order.Sorted s = Order.sort(x, 1);
    assertThat(eval(s.values(), x, at).doubles()).containsExactly(-2, 1, 3, 4, 5, 7);
    assertThat(eval(s.indices(), x, at).ints()).containsExactly(1, 0, 2, 2, 0, 1);
    Value weight = F.cast(F.iota(3, 1, 3), x.dtype()); // the derivative of sum of rank times value
    Value g = Diff.grad(F.mul(s.values(), weight), x);
    assertThat(eval(g, x, at).doubles()).containsExactly(2, 0, 0, 2, 1, 1);
    assertThatThrownBy(() -> Order.sort(x, 0)).hasMessageContaining("model axis");
  }

  @Test
  void topKOfManyEqualsTopKOfFew() {
    double[] x = {1, Double.NaN, 3, 3, -0.0, 0.0, Double.NaN, 2};
    HostTensor few = HostTensor.of(Shape.of(1, 8), x);
    double[] more = Arrays.copyOf(x, 40);
    Arrays.fill(more, 8, 40, -5);
    HostTensor many = HostTensor.of(Shape.of(1, 40), more);
    Value a = input(few);
    Value b = input(many);
    assertThat(eval(F.topK(a, 8), a, few).ints()).containsExactly(1, 6, 2, 3, 7, 0, 4, 5);
    assertThat(eval(F.topK(b, 8), b, many).ints()).containsExactly(1, 6, 2, 3, 7, 0, 4, 5);
  }

  @Test
  void prefixesAddFromTheFirst() {
    HostTensor at = HostTensor.of(Shape.of(1, 4), new float[] {1e8f, 1, -1e8f, 1});
    Value x = input(at);
    assertThat(eval(Order.cumSum(x, 1), x, at).floats()).containsExactly(1e8f, 1e8f, 0, 1);
  }
}
