// SPDX-License-Identifier: Apache-2.0
package org.rigor.uncertainty;

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
import org.rigor.attack.CurveResult;
import org.rigor.data.Box;
import org.rigor.diff.Kind;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Activation;
import org.rigor.nn.Network;
import org.rigor.nn.Parameter;
import org.rigor.nn.Sequential;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Norm;
import org.rigor.verify.CurveDecider;
import org.rigor.verify.VerdictCurve;
import org.rigor.workspace.Models;
import org.rigor.workspace.Workspace;

/** Means of draws as one network: the same mean as the stacked one, and verdicts that hold. */
class DrawsApartTest {
  private static final Device DEVICE = new CpuDevice(2, "scalar", "test");
  private static final Box BOX = new Box(-1, 1);
  private static final int MODELS = 2;
  private static final int DRAWS = 2;
  private static final Network NET = Sequential.mlp(Shape.of(2), List.of(4), Activation.RELU, 3);

  @AfterAll
  static void close() {
    DEVICE.close();
  }

  private static Map<String, HostTensor> draws(Network mean, int models, long seed) {
    Random r = new Random(seed);
    Map<String, HostTensor> all = new HashMap<>();
    for (Parameter p : mean.parameters()) {
      Shape shape = p.shape().insert(0, models);
      double[] v = r.doubles(shape.size(), -1.5, 1.5).toArray();
      all.put(p.name(), HostTensor.of(shape, v));
    }
    return all;
  }

  /** Returns the outputs of a network at points, [M, B, K] flat. */
  private static double[] outputs(
      Network net, Map<String, HostTensor> params, int models, double... x) {
    int samples = x.length / 2;
    Program.Builder b = Program.builder("outputs");
    Map<String, Value> w = net.declare(b, "param/", models, DType.F64);
    Value at = b.input("x", new TensorType(DType.F64, Shape.of(1, samples, 2)));
    b.output("y", net.apply(w, at));
    try (Executable e = Workspace.alone(DEVICE, b.build())) {
      params.forEach((name, v) -> e.input("param/" + name).write(v));
      e.input("x").write(HostTensor.of(Shape.of(1, samples, 2), x));
      e.run();
      return e.output("y").read().doubles().clone();
    }
  }

  @Test
  void probabilitiesAreThoseOfTheStackedMean() {
    DrawsApart apart = new DrawsApart(NET, DRAWS, DrawsApart.Of.PROBABILITIES);
    Map<String, HostTensor> draws = draws(apart, MODELS, 3);
    double[] x = {0.25, -0.5, 1, 0, -0.75, 0.125};
    double[] logs = outputs(new MeanNetwork(NET, DRAWS), draws, MODELS, x);
    double[] means = outputs(apart, draws, MODELS, x);
    assertThat(means).hasSize(MODELS * 3 * 3);
    for (int i = 0; i < means.length; i++) {
      assertThat(Math.log(means[i])).isCloseTo(logs[i], within(1e-13));
    }
  }

  private static VerdictCurve decide(
      DrawsApart net,
      String method,
      Map<String, HostTensor> draws,
      double[] x,
      int[] y,
      List<Double> radii) {
    HostTensor points = HostTensor.of(Shape.of(y.length, 2), x);
    try (Models models = Models.of(DEVICE, net, draws);
        CurveDecider decider = new CurveDecider(models, method, BOX, Norm.LINF, 800)) {
      int[][] survived = new int[models.count()][y.length];
      Arrays.stream(survived).forEach(s -> Arrays.fill(s, radii.size()));
      CurveResult none =
          new CurveResult(
              survived,
              new double[models.count()][y.length][],
              new double[models.count()][y.length],
              new int[models.count()][y.length],
              new int[models.count()][y.length],
              new int[models.count()],
              new boolean[models.count()][y.length],
              IntStream.range(0, models.count()).mapToObj(m -> Kind.CERTIFIED).toList());
      return decider.run(points, HostTensor.of(Shape.of(y.length), y), radii, none);
    }
  }

  /** The mean of linear networks is linear: its radius is its margin over the dual norm. */
  @Test
  void theMeanOfLinearNetworksIsDecidedAtItsClosedForm() {
    Network linear = Sequential.mlp(Shape.of(2), List.of(), Activation.RELU, 2);
    List<Parameter> ps = linear.parameters();
    Map<String, HostTensor> draws =
        Map.of(
            ps.get(0).name(),
            HostTensor.of(Shape.of(1, 2, 2, 2), new double[] {4, -1, 1, 0, 0, -1, 0.5, -0.5}),
            ps.get(1).name(),
            HostTensor.of(Shape.of(1, 2, 1, 2), new double[] {0.5, -0.5, 0.25, 0.25}));
    DrawsApart mean = new DrawsApart(linear, 2, DrawsApart.Of.LOGITS);
    // differences of logits: 5 x1 + x2 + 1 and x1 + x2; their mean 3 x1 + x2 + 0.5
    double radius = (3 * 0.125 + 0.0625 + 0.5) / 4;
    List<Double> near = List.of(radius * (1 - 1e-6), radius * (1 + 1e-6));
    VerdictCurve r =
        decide(mean, "beta-crown", draws, new double[] {0.125, 0.0625}, new int[] {0}, near);
    assertThat(r.verified()[0][0]).isEqualTo(1);
    assertThat(r.survived()[0][0]).isEqualTo(1);
  }

  private static void verdictsHoldOnAGrid(DrawsApart.Of of, String method) {
    DrawsApart mean = new DrawsApart(NET, DRAWS, of);
    Map<String, HostTensor> draws = draws(mean, MODELS, 8);
    List<Double> radii = List.of(0.0, 0.02, 0.05, 0.1, 0.2, 0.4);
    double[] x = {0.25, -0.5, 0.5, 0.25, -0.75, 0.125, 0, 0};
    int[] y = {0, 1, 2, 0};
    VerdictCurve r = decide(mean, method, draws, x, y, radii);
    int side = 15;
    int verified = 0;
    int violated = 0;
    for (int m = 0; m < MODELS; m++) {
      for (int n = 0; n < y.length; n++) {
        int label = y[n];
        int proved = r.verified()[m][n];
        verified += proved;
        double epsilon = proved > 0 ? radii.get(proved - 1) : 0;
        double[] grid = new double[2 * side * side];
        for (int i = 0; i < side * side; i++) {
          double dx = epsilon * (2.0 * (i % side) / (side - 1) - 1);
          double dy = epsilon * (2.0 * (i / side) / (side - 1) - 1);
          grid[2 * i] = Math.max(-1, Math.min(1, x[2 * n] + dx));
          grid[2 * i + 1] = Math.max(-1, Math.min(1, x[2 * n + 1] + dy));
        }
        double[] all = outputs(mean, draws, MODELS, grid);
        for (int i = 0; proved > 0 && i < side * side; i++) {
          assertThat(right(all, m * side * side + i, label)).isTrue();
        }
        if (r.survived()[m][n] < radii.size()) {
          violated++;
          double[] witness = r.witness()[m][n];
          assertThat(right(outputs(mean, draws, MODELS, witness), m, label)).isFalse();
        }
      }
    }
    assertThat(verified).isGreaterThan(3);
    assertThat(violated).isGreaterThanOrEqualTo(method.equals("crown") ? 0 : 3);
  }

  private static boolean right(double[] outputs, int row, int label) {
    double own = outputs[3 * row + label];
    return IntStream.range(0, 3).allMatch(j -> j == label || own > outputs[3 * row + j]);
  }

  @Test
  void certificatesOfMeansOfProbabilitiesHoldOnAGrid() {
    verdictsHoldOnAGrid(DrawsApart.Of.PROBABILITIES, "crown");
  }

  @Test
  void verdictsOnMeansOfLogitsHoldOnAGrid() {
    verdictsHoldOnAGrid(DrawsApart.Of.LOGITS, "beta-crown");
  }

  @Test
  void aMeanOfNothingIsRefused() {
    assertThatThrownBy(() -> new DrawsApart(NET, 0, DrawsApart.Of.LOGITS))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a mean needs at least 1 draw, got 0");
  }
}
