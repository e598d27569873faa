// SPDX-License-Identifier: Apache-2.0
package org.rigor.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.rigor.attack.CurveAttack;
import org.rigor.attack.CurveAttacker;
import org.rigor.attack.CurveResult;
import org.rigor.attack.Pgd;
import org.rigor.certify.BallSearch.Ball;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.RecordingDevice;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Activation;
import org.rigor.nn.Network;
import org.rigor.nn.Parameter;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;
import org.rigor.workspace.Models;

/** Verdicts over radii of networks small enough to look at every point of a grid. */
class CurveDeciderTest {
  private static final Device DEVICE = new CpuDevice(2, "scalar", "test");
  private static final Box BOX = new Box(-1, 1);
  private static final List<Double> RADII = List.of(0.0, 0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8);
  private static final int MODELS = 3;
  private static final int SAMPLES = 6;
  private static final int GRID = 81;

  /** A budget that pays for an attack toward both wrong classes, too. */
  private static final long SHARED = 900;

  private static final Network NET = Sequential.mlp(Shape.of(2), List.of(9, 8), Activation.RELU, 3);

  @AfterAll
  static void close() {
    DEVICE.close();
  }

  private static Map<String, HostTensor> parameters(Network net, int models, long seed) {
    Random r = new Random(seed);
    Map<String, HostTensor> all = new HashMap<>();
    for (Parameter p : net.parameters()) {
      Shape shape = p.shape().insert(0, models);
      float[] v = new float[Math.toIntExact(shape.size())];
      for (int i = 0; i < v.length; i++) {
        v[i] = (float) r.nextGaussian();
      }
      all.put(p.name(), HostTensor.of(shape, v));
    }
    return all;
  }

  /** What only asks whether a network has the rules, such as a plan, is answered at once. */
  @Test
  void rulesAreFoundByTracingAlone() {
    try (RecordingDevice device = new RecordingDevice(new CpuDevice(1, "scalar", "test"));
        Models networks = Models.of(device, NET, parameters(NET, 1, 1));
        CurveDecider decider = new CurveDecider(networks, "beta-crown", BOX, Norm.LINF, 10)) {
      decider.requireRules();
      assertThat(device.compiled()).isEmpty();
    }
  }

  private static HostTensor samples(int from, int to) {
    Random r = new Random(5);
    double[] x = r.doubles(2L * SAMPLES, -0.9, 0.9).toArray();
    float[] own = new float[2 * (to - from)];
    for (int i = 0; i < own.length; i++) {
      own[i] = (float) x[2 * from + i];
    }
    return HostTensor.of(Shape.of(to - from, 2), own);
  }

  private static HostTensor labels(int from, int to) {
    return HostTensor.of(
        Shape.of(to - from), IntStream.range(from, to).map(n -> (n * 7) % 3).toArray());
  }

  /** An attack that hardly tries, so that the search has violations to find. */
  private static CurveResult attacked(
      Models networks, Norm norm, HostTensor x, HostTensor y, List<Double> radii) {
    CurveAttack weak = CurveAttack.of(new Pgd(1, 0.1, false), new Threat(norm, BOX), radii);
    List<TrialKey> keys =
        IntStream.range(0, networks.count()).mapToObj(m -> TrialKey.of(m, "t")).toList();
    return new CurveAttacker(DEVICE, networks.network(), weak).run(networks, keys, x, y);
  }

  private static VerdictCurve decide(Models networks, Norm norm, long budget, int from, int to) {
    HostTensor x = samples(from, to);
    HostTensor y = labels(from, to);
    try (CurveDecider decider = new CurveDecider(networks, "beta-crown", BOX, norm, budget)) {
      return decider.run(x, y, RADII, attacked(networks, norm, x, y, RADII));
    }
  }

  /** Returns the logits of one model in plain doubles. */
  private static double[] logits(Map<String, HostTensor> all, int model, double... x) {
    double[] v = x;
    List<Parameter> ps = NET.parameters();
    for (int l = 0; l < ps.size(); l += 2) {
      HostTensor w = all.get(ps.get(l).name());
      HostTensor b = all.get(ps.get(l + 1).name());
      int in = w.shape().dim(1);
      int out = w.shape().dim(2);
      double[] y = new double[out];
      for (int j = 0; j < out; j++) {
        y[j] = b.get(model * out + j);
        for (int i = 0; i < in; i++) {
          y[j] += v[i] * w.get((model * in + i) * out + j);
        }
        y[j] = l + 2 < ps.size() ? Math.max(0, y[j]) : y[j];
      }
      v = y;
    }
    return v;
  }

  private static boolean right(double[] logits, int label) {
    return IntStream.range(0, logits.length).allMatch(j -> j == label || logits[label] > logits[j]);
  }

  private static boolean inBall(Norm norm, double[] centre, double[] x, double radius) {
    double dx = Math.abs(x[0] - centre[0]);
    double dy = Math.abs(x[1] - centre[1]);
    return Math.max(Math.abs(x[0]), Math.abs(x[1])) <= 1
        && (norm == Norm.LINF ? Math.max(dx, dy) : Math.hypot(dx, dy)) <= radius * (1 + 1e-15);
  }

  private static void holdsOnAGrid(Norm norm) {
    Map<String, HostTensor> values = parameters(NET, MODELS, 11);
    try (Models networks = Models.of(DEVICE, NET, values)) {
      VerdictCurve r = decide(networks, norm, 1_000_000, 0, SAMPLES);
      HostTensor x = samples(0, SAMPLES);
      int decidedBySearch = 0;
      int unknown = 0;
      for (int m = 0; m < MODELS; m++) {
        for (int n = 0; n < SAMPLES; n++) {
          int label = (n * 7) % 3;
          double[] centre = {x.get(2 * n), x.get(2 * n + 1)};
          assertThat(r.verified()[m][n]).isLessThanOrEqualTo(r.survived()[m][n]);
          unknown += r.survived()[m][n] - r.verified()[m][n];
          decidedBySearch += r.iterations()[m][n] > 0 ? 1 : 0;
          if (r.verified()[m][n] > 0) {
            double radius = RADII.get(r.verified()[m][n] - 1);
            for (int i = 0; i < GRID * GRID; i++) {
              double[] at = {
                centre[0] + radius * (2.0 * (i % GRID) / (GRID - 1) - 1),
                centre[1] + radius * (2.0 * (i / GRID) / (GRID - 1) - 1)
              };
              if (inBall(norm, centre, at, radius)) {
                assertThat(right(logits(values, m, at), label)).isTrue();
              }
            }
          }
          if (r.survived()[m][n] < RADII.size()) {
            double[] w = r.witness()[m][n];
            assertThat(right(logits(values, m, w), label)).isFalse();
            assertThat(inBall(norm, centre, w, RADII.get(r.survived()[m][n]))).isTrue();
          }
        }
      }
      assertThat(decidedBySearch).isGreaterThan(2);
      // the corners that bounds point to miss a violation that lies between corners
      assertThat(unknown).isLessThanOrEqualTo(1);
    }
  }

  @Test
  void decidesEveryBallOfSmallNetworksAsAGridDoes() {
    holdsOnAGrid(Norm.LINF);
  }

  @Test
  void decidesEuclideanBallsAsAGridDoes() {
    holdsOnAGrid(Norm.L2);
  }

  @Test
  void whatSharesTheBatchLeavesNoTrace() {
    Map<String, HostTensor> values = parameters(NET, MODELS, 11);
    try (Models all = Models.of(DEVICE, NET, values)) {
      VerdictCurve together = decide(all, Norm.LINF, SHARED, 0, SAMPLES);
      for (int m = 0; m < MODELS; m++) {
        try (Models one = all.one(m)) {
          for (int n = 0; n < SAMPLES; n += 2) {
            CurveResult attacked =
                one(attacked(all, Norm.LINF, samples(0, SAMPLES), labels(0, SAMPLES), RADII), m, n);
            try (CurveDecider decider =
                new CurveDecider(one, "beta-crown", BOX, Norm.LINF, SHARED)) {
              VerdictCurve alone =
                  decider.run(samples(n, n + 1), labels(n, n + 1), RADII, attacked);
              assertThat(alone.verified()[0][0]).isEqualTo(together.verified()[m][n]);
              assertThat(alone.survived()[0][0]).isEqualTo(together.survived()[m][n]);
              assertThat(alone.iterations()[0][0]).isEqualTo(together.iterations()[m][n]);
              assertThat(alone.witness()[0][0]).isEqualTo(together.witness()[m][n]);
            }
          }
        }
      }
    }
  }

  private static CurveResult one(CurveResult r, int m, int n) {
    return new CurveResult(
        new int[][] {{r.survived()[m][n]}},
        new double[][][] {{r.witness()[m][n]}},
        new double[][] {{r.distance()[m][n]}},
        new int[][] {{0}},
        new int[][] {{0}},
        new int[] {0},
        new boolean[][] {{false}},
        List.of(r.kind().get(m)));
  }

  @Test
  void aLargerBudgetTakesNothingBack() {
    try (Models all = Models.of(DEVICE, NET, parameters(NET, MODELS, 11))) {
      VerdictCurve before = decide(all, Norm.LINF, 1, 0, SAMPLES);
      int unknown = 0;
      for (long budget : new long[] {12, 30, 100, 1000}) {
        VerdictCurve now = decide(all, Norm.LINF, budget, 0, SAMPLES);
        for (int m = 0; m < MODELS; m++) {
          for (int n = 0; n < SAMPLES; n++) {
            assertThat(now.verified()[m][n]).isGreaterThanOrEqualTo(before.verified()[m][n]);
            assertThat(now.survived()[m][n]).isLessThanOrEqualTo(before.survived()[m][n]);
            assertThat(now.iterations()[m][n]).isLessThanOrEqualTo(budget * RADII.size());
            unknown += now.survived()[m][n] - now.verified()[m][n];
          }
        }
        before = now;
      }
      assertThat(unknown).isPositive();
    }
  }

  /** The radius of a linear model is its margin over the difference's dual norm. */
  @Test
  void aLinearModelIsDecidedAtItsClosedForm() {
    Network linear = Sequential.mlp(Shape.of(2), List.of(), Activation.RELU, 2);
    List<Parameter> ps = linear.parameters();
    Map<String, HostTensor> values =
        Map.of(
            ps.get(0).name(), HostTensor.of(Shape.of(1, 2, 2), new float[] {1, -1, 0.5f, -0.5f}),
            ps.get(1).name(), HostTensor.of(Shape.of(1, 1, 2), new float[] {0.25f, -0.25f}));
    HostTensor x = HostTensor.of(Shape.of(1, 2), new float[] {0.25f, 0});
    HostTensor y = HostTensor.of(Shape.of(1), 0);
    double radius = (2 * 0.25 + 0.5) / 3; // margin 2 x1 + x2 + 0.5, coefficients of sum 3
    List<Double> near = List.of(radius * (1 - 1e-6), radius * (1 + 1e-6));
    try (Models networks = Models.of(DEVICE, linear, values);
        CurveDecider decider = new CurveDecider(networks, "beta-crown", BOX, Norm.LINF, 100)) {
      CurveResult attacked = attacked(networks, Norm.LINF, x, y, near);
      attacked.survived()[0][0] = 2;
      VerdictCurve r = decider.run(x, y, near, attacked);
      assertThat(r.verified()[0][0]).isEqualTo(1);
      assertThat(r.survived()[0][0]).isEqualTo(1);
      assertThat(r.distance()[0][0]).isCloseTo(radius, within(2e-6));
    }
  }

  /** The attack toward every wrong class looks at radii that no search reaches, too. */
  @Test
  void radiiAboveAnUnknownOneAreAttacked() {
    Network wide = Sequential.mlp(Shape.of(2), List.of(32, 32), Activation.RELU, 3);
    long pays = 2 * 40 * 10; // steps toward both wrong classes, of which a budget is ten times
    try (Models networks = Models.of(DEVICE, wide, parameters(wide, MODELS, 11))) {
      int[][] survived = new int[2][];
      for (int i = 0; i < 2; i++) {
        CurveResult weak =
            attacked(networks, Norm.LINF, samples(0, SAMPLES), labels(0, SAMPLES), RADII);
        Arrays.stream(weak.survived()).forEach(own -> Arrays.fill(own, RADII.size()));
        try (CurveDecider decider =
            new CurveDecider(networks, "beta-crown", BOX, Norm.LINF, pays - 1 + i)) {
          VerdictCurve r = decider.run(samples(0, SAMPLES), labels(0, SAMPLES), RADII, weak);
          survived[i] = Arrays.stream(r.survived()).flatMapToInt(Arrays::stream).toArray();
        }
      }
      assertThat(Arrays.stream(survived[1]).sum()).isLessThan(Arrays.stream(survived[0]).sum());
    }
  }

  /** Only a point that the exact network misclassifies counts, wherever it was proposed. */
  @Test
  void proposalsAreMovedIntoTheBallAndJudgedThere() {
    Network linear = Sequential.mlp(Shape.of(2), List.of(), Activation.RELU, 2);
    List<Parameter> ps = linear.parameters();
    Map<String, HostTensor> values =
        Map.of(
            ps.get(0).name(), HostTensor.of(Shape.of(1, 2, 2), new float[] {1, 0, 0, 1}),
            ps.get(1).name(), HostTensor.of(Shape.of(1, 1, 2), new float[] {0, 0}));
    Ball ball = new Ball(new double[] {0.5, 0.25}, 0, 0.15);
    try (Models networks = Models.of(DEVICE, linear, values);
        BallCheck check = new BallCheck(networks, new Threat(Norm.LINF, BOX))) {
      assertThat(check.check(0, ball, new double[] {0.5, 0.25})).isEmpty();
      assertThat(check.check(0, ball, new double[] {0.4, 0.35})).isEmpty();
      assertThat(check.check(0, ball, new double[] {0.375, 0.375})).as("a tie").isEmpty();
      BallCheck.Adversarial far = check.check(0, ball, new double[] {-9, 9}).orElseThrow();
      assertThat(far.x()).containsExactly(new double[] {0.35, 0.4}, within(1e-15));
      assertThat(far.x()[0]).isGreaterThanOrEqualTo(0.5 - 0.15);
      assertThat(far.distance()).isCloseTo(0.15, within(1e-15));
    }
  }

  @Test
  void aMethodThatDoesNotDecideOnlyProves() {
    try (Models all = Models.of(DEVICE, NET, parameters(NET, MODELS, 11));
        CurveDecider decider = new CurveDecider(all, "crown", BOX, Norm.LINF, 1)) {
      HostTensor x = samples(0, SAMPLES);
      HostTensor y = labels(0, SAMPLES);
      CurveResult attacked = attacked(all, Norm.LINF, x, y, RADII);
      VerdictCurve r = decider.run(x, y, RADII, attacked);
      assertThat(r.survived()).isDeepEqualTo(attacked.survived());
      assertThat(Arrays.stream(r.iterations()).flatMapToLong(Arrays::stream).sum()).isZero();
    }
  }

  @Test
  void budgetsAndMethodsThatMeanNothingAreRefused() {
    try (Models all = Models.of(DEVICE, NET, parameters(NET, 1, 1))) {
      assertThatThrownBy(() -> new CurveDecider(all, "beta-crown", BOX, Norm.LINF, 0))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("search: budget must be >= 1, got 0");
      assertThatThrownBy(() -> new CurveDecider(all, "gamma", BOX, Norm.LINF, 1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("expected one of beta-crown");
    }
  }
}
