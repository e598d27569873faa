// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Activation;
import org.rigor.nn.BatchNorm;
import org.rigor.nn.Dense;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;

/** Losses and schedules of certified training against their formulas, computed in plain Java. */
class CertifiedTrainingTest {
  private static final int INPUTS = 4;
  private static final int HIDDEN = 6;
  private static final int K = MethodSamples.CLASSES;
  private static final double EPSILON = 0.1;
  private static final Sequential RELU =
      Sequential.mlp(Shape.of(INPUTS), List.of(HIDDEN), Activation.RELU, K);

  /** A step of training, as it was before and after. */
  private record Step(
      Map<String, HostTensor> before,
      Map<String, HostTensor> after,
      double[] x,
      double[] attacked,
      int[] labels,
      double loss) {}

  private static TrainingSetup setup(Sequential net, Method method, int batch) {
    return new TrainingSetup(
        net, DType.F64, MethodSamples.N, batch, new Optimiser.Sgd(false), method, Box.UNIT);
  }

  private static ModelSetup model(Map<String, Double> numbers) {
    return new ModelSetup(
        TrialKey.of(5, "train"),
        1,
        0.5,
        new Schedule.Constant(),
        EPSILON,
        0.4,
        0,
        Map.of(),
        numbers);
  }

  private static Step step(Sequential net, Method method, Map<String, Double> numbers) {
    return train(net, method, MethodSamples.N, numbers);
  }

  private static Step train(Sequential net, Method method, int batch, Map<String, Double> numbers) {
    HostTensor labels = MethodSamples.labels();
    int[] y = IntStream.of(labels.ints()).map(v -> v % net.outputs()).toArray();
    try (Device device = new CpuDevice(1, "scalar", "test");
        Trainer t =
            new Trainer(
                device,
                setup(net, method, batch),
                List.of(model(numbers)),
                MethodSamples.inputs(),
                HostTensor.of(labels.shape(), y))) {
      Map<String, HostTensor> before = t.parameters();
      t.epoch();
      boolean attacks = method.perturbation().isPresent();
      double[] x = t.read("batch/x").doubles();
      return new Step(
          before,
          t.parameters(),
          x,
          attacks ? t.read("batch/adversarial").doubles() : x,
          t.read("batch/labels").ints(),
          t.loss()[0]);
    }
  }

  private static Map<String, Double> at(String name, double value) {
    Map<String, Double> all = new HashMap<>(Map.of("warm-up", 0.0, "ramp", 0.0));
    all.put(name, value);
    return all;
  }

  /** The network of one hidden layer, in plain Java. */
  private static final class Plain {
    final double[][] w;
    final double[] b;
    final double[][] v;
    final double[] c;

    Plain(Map<String, HostTensor> p) {
      w = matrix(p.get("0.weight"), INPUTS, HIDDEN);
      b = p.get("0.bias").doubles();
      v = matrix(p.get("2.weight"), HIDDEN, K);
      c = p.get("2.bias").doubles();
    }

    private static double[][] matrix(HostTensor t, int rows, int columns) {
      double[][] m = new double[rows][columns];
      for (int i = 0; i < rows; i++) {
        for (int j = 0; j < columns; j++) {
          m[i][j] = t.get(i * columns + j);
        }
      }
      return m;
    }

    double[] logits(double[] x) {
      double[] z = c.clone();
      for (int h = 0; h < HIDDEN; h++) {
        double a = b[h];
        for (int d = 0; d < INPUTS; d++) {
          a += w[d][h] * x[d];
        }
        for (int k = 0; k < K; k++) {
          z[k] += Math.max(a, 0) * v[h][k];
        }
      }
      return z;
    }

    /** Least and largest pre-activations over a box: exact, for the first layer is linear. */
    double[][] hidden(double[] low, double[] high) {
      double[][] sides = {b.clone(), b.clone()};
      for (int h = 0; h < HIDDEN; h++) {
        for (int d = 0; d < INPUTS; d++) {
          sides[0][h] += w[d][h] * (w[d][h] > 0 ? low[d] : high[d]);
          sides[1][h] += w[d][h] * (w[d][h] > 0 ? high[d] : low[d]);
        }
      }
      return sides;
    }

    double ibp(double[] low, double[] high, int y, int j) {
      double[][] s = hidden(low, high);
      double margin = c[y] - c[j];
      for (int h = 0; h < HIDDEN; h++) {
        double a = v[h][y] - v[h][j];
        margin += a * Math.max(s[a > 0 ? 0 : 1][h], 0);
      }
      return margin;
    }

    double crown(double[] low, double[] high, int y, int j) {
      double[][] s = hidden(low, high);
      double margin = c[y] - c[j];
      double[] slope = new double[INPUTS];
      for (int h = 0; h < HIDDEN; h++) {
        double a = v[h][y] - v[h][j];
        double l = s[0][h];
        double u = s[1][h];
        boolean both = l < 0 && u > 0;
        double chord = both ? u / (u - l) : u > 0 ? 1 : 0;
        double line = a > 0 ? (both ? (u >= -l ? 1 : 0) : chord) : chord;
        margin += a * line * b[h] + (a < 0 && both ? -a * chord * l : 0);
        for (int d = 0; d < INPUTS; d++) {
          slope[d] += a * line * w[d][h];
        }
      }
      for (int d = 0; d < INPUTS; d++) {
        margin += slope[d] * (slope[d] > 0 ? low[d] : high[d]);
      }
      return margin;
    }
  }

  private interface Bound {
    double of(double[] low, double[] high, int y, int j);
  }

  private static double worst(Bound bound, double[] centre, double radius, int y) {
    double[] low = new double[INPUTS];
    double[] high = new double[INPUTS];
    for (int d = 0; d < INPUTS; d++) {
      low[d] = Math.max(0, centre[d] - radius);
      high[d] = Math.min(1, centre[d] + radius);
    }
    double[] z = new double[K];
    for (int j = 0; j < K; j++) {
      z[j] = j == y ? 0 : -bound.of(low, high, y, j);
    }
    return crossEntropy(z, y);
  }

  private static double crossEntropy(double[] z, int y) {
    return Math.log(java.util.Arrays.stream(z).map(v -> Math.exp(v - z[y])).sum());
  }

  private interface OfSample {
    double of(double[] x, double[] attacked, int y);
  }

  private static double mean(Step s, OfSample f) {
    double sum = 0;
    for (int i = 0; i < MethodSamples.N; i++) {
      sum += f.of(row(s.x(), i), row(s.attacked(), i), s.labels()[i]);
    }
    return sum / MethodSamples.N;
  }

  private static double[] row(double[] all, int i) {
    return java.util.Arrays.copyOfRange(all, INPUTS * i, INPUTS * i + INPUTS);
  }

  private static void close(double actual, double expected) {
    assertThat(actual).isCloseTo(expected, within(1e-10));
  }

  @Test
  void ibpIsGowalsLoss() {
    Step s = step(RELU, new IbpTraining(), at("kappa", 0.3));
    Plain net = new Plain(s.before());
    close(
        s.loss(),
        mean(
            s,
            (x, a, y) ->
                0.3 * crossEntropy(net.logits(x), y) + 0.7 * worst(net::ibp, x, EPSILON, y)));
  }

  @Test
  void crownIbpMixesMarginsByBeta() {
    Map<String, Double> numbers = new HashMap<>(at("kappa", 0.2));
    numbers.put("beta", 0.6);
    Step s = step(RELU, new CrownIbpTraining(), numbers);
    Plain net = new Plain(s.before());
    Bound mixed = (l, u, y, j) -> 0.6 * net.crown(l, u, y, j) + 0.4 * net.ibp(l, u, y, j);
    close(
        s.loss(),
        mean(
            s,
            (x, a, y) -> 0.2 * crossEntropy(net.logits(x), y) + 0.8 * worst(mixed, x, EPSILON, y)));
  }

  @Test
  void sabrBoundsASmallBoxAroundTheAttack() {
    Step s = step(RELU, new Sabr(3), at("lambda", 0.25));
    Plain net = new Plain(s.before());
    close(s.loss(), mean(s, (x, a, y) -> worst(net::ibp, a, 0.25 * EPSILON, y)));
    assertThat(farthest(s)).isCloseTo(0.75 * EPSILON, within(1e-12));
  }

  @Test
  void mtlIbpMixesTheLossesOfAttackAndIntervals() {
    Step s = step(RELU, new MtlIbp(3), at("alpha", 0.25));
    Plain net = new Plain(s.before());
    close(
        s.loss(),
        mean(
            s,
            (x, a, y) ->
                0.75 * crossEntropy(net.logits(a), y) + 0.25 * worst(net::ibp, x, EPSILON, y)));
    assertThat(farthest(s)).isCloseTo(EPSILON, within(1e-12));
  }

  private static double farthest(Step s) {
    return IntStream.range(0, s.x().length)
        .mapToDouble(i -> Math.abs(s.attacked()[i] - s.x()[i]))
        .max()
        .orElseThrow();
  }

  /** Two classes have one margin, so a single corner is the worst for the loss. */
  @Test
  void onALinearNetworkTheLossIsThatOfTheWorstCorner() {
    Sequential linear = new Sequential(Shape.of(INPUTS), List.of(new Dense(2)));
    for (Method m : List.of(new IbpTraining(), new CrownIbpTraining())) {
      Map<String, Double> numbers = new HashMap<>(at("kappa", 0));
      if (m instanceof CrownIbpTraining) {
        numbers.put("beta", 1.0);
      }
      Step s = step(linear, m, numbers);
      HostTensor w = s.before().get("0.weight");
      HostTensor b = s.before().get("0.bias");
      double sum = 0;
      for (int i = 0; i < MethodSamples.N; i++) {
        double largest = 0;
        for (int corner = 0; corner < 1 << INPUTS; corner++) {
          double[] z = {b.get(0), b.get(1)};
          for (int d = 0; d < INPUTS; d++) {
            double moved = s.x()[INPUTS * i + d] + ((corner >> d & 1) == 0 ? -EPSILON : EPSILON);
            double x = Math.max(0, Math.min(1, moved));
            z[0] += w.get(2 * d) * x;
            z[1] += w.get(2 * d + 1) * x;
          }
          largest = Math.max(largest, crossEntropy(z, s.labels()[i]));
        }
        sum += largest;
      }
      close(s.loss(), sum / MethodSamples.N);
    }
  }

  @Test
  void limitsAreTheMethodsTheyComeFrom() {
    Step standard = step(RELU, new StandardTraining(), Map.of());
    same(standard, step(RELU, new IbpTraining(), at("kappa", 1)));
    same(standard, step(RELU, new CrownIbpTraining(), at("kappa", 1)));
    Step pgd = step(RELU, new PgdTraining(Norm.LINF, 3, true), Map.of());
    same(pgd, step(RELU, new MtlIbp(3), at("alpha", 0)));
    same(pgd, step(RELU, new Sabr(3), at("lambda", 0)));
    Step worst = step(RELU, new IbpTraining(), at("kappa", 0));
    same(worst, step(RELU, new Sabr(3), at("lambda", 1)));
    same(worst, step(RELU, new MtlIbp(3), at("alpha", 1)));
  }

  private static void same(Step a, Step b) {
    close(a.loss(), b.loss());
    a.after()
        .forEach(
            (name, w) -> {
              for (int i = 0; i < w.shape().size(); i++) {
                close(b.after().get(name).get(i), w.get(i));
              }
            });
  }

  @Test
  void epsilonRisesAfterTheWarmUp() {
    Map<String, Double> numbers = Map.of("warm-up", 0.2, "ramp", 0.5, "kappa", 0.4, "beta", 0.1);
    double[] share = {0, 0, 0, 0.2, 0.4, 0.6, 0.8, 1, 1, 1};
    for (int step = 0; step < 10; step++) {
      assertThat(Ramp.share(numbers, step, 10)).isCloseTo(share[step], within(1e-12));
      assertThat(IbpTraining.kappa(numbers, step, 10))
          .isCloseTo(1 - 0.6 * share[step], within(1e-12));
      assertThat(CrownIbpTraining.beta(numbers, step, 10))
          .isCloseTo(1 - 0.9 * share[step], within(1e-12));
    }
    assertThat(Ramp.share(Map.of("warm-up", 0.0, "ramp", 0.0), 0, 10)).isEqualTo(1);
    assertThat(Ramp.share(Map.of("warm-up", 1.0, "ramp", 0.0), 9, 10)).isZero();
  }

  /** The batch of the last of two steps, at half of the rise. */
  @Test
  void attacksRiseWithEpsilon() {
    int half = MethodSamples.N / 2;
    Map<String, Double> numbers = Map.of("warm-up", 0.0, "ramp", 1.0);
    Step whole = train(RELU, new MtlIbp(3), half, numbers);
    assertThat(farthest(whole)).isCloseTo(EPSILON / 2, within(1e-12));
    Map<String, Double> boxes = new HashMap<>(numbers);
    boxes.put("lambda", 0.4);
    Step small = train(RELU, new Sabr(3), half, boxes);
    assertThat(farthest(small)).isCloseTo(0.6 * EPSILON / 2, within(1e-12));
  }

  /** Bounds use running statistics, so something must learn them. */
  @Test
  void batchNormsLearnFromTheCleanBatch() {
    Sequential net =
        new Sequential(
            Shape.of(INPUTS),
            List.of(new Dense(HIDDEN), new BatchNorm(), Activation.RELU, new Dense(K)));
    Step standard = step(net, new StandardTraining(), Map.of());
    for (Method m : List.of(new IbpTraining(), new CrownIbpTraining(), new Sabr(3))) {
      Step s = step(net, m, Map.of());
      for (String name : List.of("1.mean", "1.variance")) {
        assertThat(s.after().get(name).bitEquals(standard.after().get(name))).as(name).isTrue();
        assertThat(s.after().get(name).bitEquals(s.before().get(name))).as(name).isFalse();
      }
    }
  }

  @Test
  void refusesARiseThatTrainingDoesNotEnd() {
    Map<String, Double> numbers = Map.of("warm-up", 0.6, "ramp", 0.5);
    assertThatThrownBy(() -> step(RELU, new IbpTraining(), numbers))
        .hasMessageContaining("warm-up and ramp are shares of the steps, together at most 1")
        .hasMessageContaining("0.6 and 0.5");
    assertThatThrownBy(() -> step(RELU, new Sabr(2), at("lambda", 1.5)))
        .hasMessageContaining("lambda must lie in [0, 1], got 1.5");
  }
}
