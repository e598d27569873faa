// SPDX-License-Identifier: Apache-2.0
package org.rigor.uncertainty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.rigor.attack.Pgd;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Activation;
import org.rigor.nn.Dense;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;

class PredictorAttackTest {
  private static final int N = 9;
  private static final double EPSILON = 0.2;
  private static Device device;

  @BeforeAll
  static void open() {
    device = new CpuDevice(1, "scalar", "test");
  }

  @AfterAll
  static void close() {
    device.close();
  }

  private static final Sequential NET = Sequential.mlp(Shape.of(3), List.of(6), Activation.TANH, 3);

  private static Predictor predictor(int trials, int draws) {
    Random r = new Random(5);
    Map<String, HostTensor> w = new LinkedHashMap<>();
    NET.parameters()
        .forEach(
            p -> {
              Shape s = p.shape().insert(0, draws).insert(0, trials);
              w.put(p.name(), HostTensor.of(s, r.doubles(s.size(), -2, 2).toArray()));
            });
    return new Predictor("p", Standing.ENSEMBLE, "", NET, w);
  }

  private static List<TrialKey> keys(int n) {
    return IntStream.range(0, n).mapToObj(i -> TrialKey.of(i, "attack")).toList();
  }

  private static HostTensor x(int n) {
    return HostTensor.of(Shape.of(n, 3), new Random(1).doubles(3L * n).toArray());
  }

  private static final int[] LABELS = {0, 1, 2, 0, 1, 2, 0, 1, 2};

  private static PredictorAttack attack(Norm norm, Objective o, Score s, int restarts) {
    return new PredictorAttack(
        new Pgd(15, 0.2, true), new Threat(norm, Box.UNIT), EPSILON, restarts, o, s);
  }

  /** The optimum of a linear rule of two classes is the corner against its weights, for any J. */
  @Test
  void oneDrawOfALinearRuleIsAttackedExactly() {
    Map<String, HostTensor> w =
        Map.of(
            "0.weight", HostTensor.of(Shape.of(1, 1, 3, 2), 90.0, 0.0, -60.0, 0.0, 30.0, 0.0),
            "0.bias", HostTensor.of(Shape.of(1, 1, 1, 2), 200.0, 0.0));
    Predictor linear =
        new Predictor(
            "p", Standing.POINT, "", new Sequential(Shape.of(3), List.of(new Dense(2))), w);
    // p(class 1) is exp(-200): its softmax has no digits left, its logarithm has
    HostTensor at = HostTensor.of(Shape.of(1, 3), 0.5, 0.5, 0.5);
    PredictorAttack a = attack(Norm.LINF, Objective.MISCLASSIFY, Score.ENTROPY, 1);
    double[] found = a.run(device, linear, keys(1), at, new int[] {0}).points().doubles();
    assertThat(found).containsExactly(new double[] {0.3, 0.7, 0.3}, within(1e-12));
  }

  /** 1 - p has digits and a gradient where p itself is rounded to 1. */
  @Test
  void aSurePredictionCanBeMadeLessSure() {
    Map<String, HostTensor> w =
        Map.of(
            "0.weight", HostTensor.of(Shape.of(1, 1, 3, 2), 9.0, 0.0, -6.0, 0.0, 3.0, 0.0),
            "0.bias", HostTensor.of(Shape.of(1, 1, 1, 2), 50.0, 0.0));
    Predictor linear =
        new Predictor(
            "p", Standing.POINT, "", new Sequential(Shape.of(3), List.of(new Dense(2))), w);
    HostTensor at = HostTensor.of(Shape.of(1, 3), 0.5, 0.5, 0.5);
    Prediction clean = Prediction.of(device, linear, at);
    assertThat(clean.scores().get(Score.MAX_PROBABILITY)[0][0] / Math.exp(-53))
        .isCloseTo(1, within(1e-12));
    PredictorAttack a = attack(Norm.LINF, Objective.SCORE_DESTROYED, Score.MAX_PROBABILITY, 1);
    double[] found = a.run(device, linear, keys(1), at, new int[] {0}).points().doubles();
    assertThat(found).containsExactly(new double[] {0.3, 0.7, 0.3}, within(1e-12));
  }

  @Test
  void pointsStayInBallAndBoxAndDoWhatIsWanted() {
    Predictor all = predictor(2, 4);
    Prediction clean = Prediction.of(device, all, x(N));
    for (Norm norm : Norm.values()) {
      for (Objective o : Objective.values()) {
        HostTensor points =
            attack(norm, o, Score.ENTROPY, 2).run(device, all, keys(2), x(N), LABELS).points();
        Prediction p = Prediction.of(device, all, points);
        double gain = 0;
        for (int m = 0; m < 2; m++) {
          for (int n = 0; n < N; n++) {
            double square = 0;
            double most = 0;
            for (int i = 0; i < 3; i++) {
              double v = points.get((m * N + n) * 3 + i);
              double d = Math.abs(v - x(N).get(n * 3 + i));
              assertThat(v).isBetween(0.0, 1.0);
              square += d * d;
              most = Math.max(most, d);
            }
            assertThat(norm == Norm.LINF ? most : Math.sqrt(square))
                .isLessThanOrEqualTo(EPSILON * (1 + 1e-12));
            boolean was = clean.wrong(LABELS)[m][n];
            boolean is = p.wrong(LABELS)[m][n];
            double change =
                p.scores().get(Score.ENTROPY)[m][n] - clean.scores().get(Score.ENTROPY)[m][n];
            if (o == Objective.SCORE_DESTROYED) {
              assertThat(!is || was).as("label kept").isTrue();
              gain += was ? 0 : change;
              assertThat(change).isGreaterThanOrEqualTo(was ? Double.NEGATIVE_INFINITY : -1e-12);
            } else {
              assertThat(!was || is).as("what was wrong stays wrong").isTrue();
              gain += o == Objective.MISCLASSIFY ? (is ? 1 : 0) - (was ? 1 : 0) : 0;
              gain -= o != Objective.MISCLASSIFY && was ? change : 0;
              if (o != Objective.MISCLASSIFY && was) {
                assertThat(change).isLessThanOrEqualTo(1e-12);
              }
            }
          }
        }
        assertThat(gain).as("%s in %s", o, norm).isGreaterThan(0.05);
      }
    }
  }

  @Test
  void aSampleDoesNotDependOnTheOthersNorATrialOnTrials() {
    PredictorAttack a =
        attack(Norm.LINF, Objective.WRONG_AND_ACCEPTED, Score.MUTUAL_INFORMATION, 2);
    Predictor two = predictor(2, 3);
    double[] all = a.run(device, two, keys(2), x(N), LABELS).points().doubles();
    double[] few =
        a.run(device, two, keys(2), x(4), java.util.Arrays.copyOf(LABELS, 4)).points().doubles();
    for (int i = 0; i < 12; i++) {
      assertThat(few[i]).isEqualTo(all[i]);
      assertThat(few[12 + i]).isEqualTo(all[27 + i]);
    }
  }

  /** Functionals by hand: the probabilities of labels and their mean logarithm. */
  @Test
  void functionalsAreWhatChainsPredict() {
    Predictor p = predictor(1, 2);
    List<Map<String, HostTensor>> draws = IntStream.range(0, 8).mapToObj(t -> rows(p)).toList();
    Chains chains = new Chains(draws, new double[2], new int[2], new double[2], true);
    double[][][] f = PredictiveFunctionals.of(device, NET, chains, x(N), LABELS);
    assertThat(f).hasDimensions(N + 1, 2);
    for (int c = 0; c < 2; c++) {
      Prediction own = Prediction.of(device, p.part(c, c + 1), x(N));
      double mean = 0;
      for (int n = 0; n < N; n++) {
        double log = own.logMean()[0][n][LABELS[n]];
        assertThat(f[n][c][7]).isCloseTo(Math.exp(log), within(1e-12));
        mean += log / N;
      }
      assertThat(f[N][c][0]).isCloseTo(mean, within(1e-12));
    }
    assertThat(PredictiveFunctionals.trial(f, 1, 2)[0][0]).isEqualTo(f[0][1]);
  }

  private static Map<String, HostTensor> rows(Predictor p) {
    Map<String, HostTensor> out = new LinkedHashMap<>();
    p.draws().forEach((k, v) -> out.put(k, v.reshape(v.shape().remove(0))));
    return out;
  }
}
