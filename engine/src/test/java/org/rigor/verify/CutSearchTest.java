// SPDX-License-Identifier: Apache-2.0
package org.rigor.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rigor.certify.Budget;
import org.rigor.certify.Outcome;
import org.rigor.certify.Problem;
import org.rigor.certify.Subdivision;
import org.rigor.certify.Verifier;
import org.rigor.certify.Witness;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.io.onnx.OnnxAttribute;
import org.rigor.io.onnx.OnnxFiles;
import org.rigor.nn.Activation;
import org.rigor.nn.Network;
import org.rigor.nn.Sequential;
import org.rigor.nn.onnx.OnnxNetwork;
import org.rigor.property.RoundedProblem;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Models;

/** Cells cut units of smooth networks where signs do not help, so that searches decide them. */
class CutSearchTest {
  private static final int NODES = 4_000;

  private static List<Outcome> run(
      Network net, Map<String, HostTensor> params, List<Question> questions, int outputs) {
    List<Problem> problems = new ArrayList<>();
    for (Question q : questions) {
      RoundedProblem p = RoundedProblem.of(q.property(outputs)).get(0);
      problems.add(
          new Problem(p.lower(), p.upper(), p.outputs(), p.inputs(), p.constants(), p.clauses()));
    }
    try (Device device = new CpuDevice(1, "scalar", "test");
        Models models = Models.of(device, net, params);
        Verifier verifier = new Verifier(models)) {
      return verifier.run(problems, Budget.nodes(NODES), Witness.NONE).get(0);
    }
  }

  /** Thresholds on either side of the least value, which interval subdivision knows. */
  @ParameterizedTest
  @EnumSource(names = {"SIGMOID", "TANH"})
  void smoothNetworksAreDecided(Activation f) {
    Sequential net = Sequential.mlp(Shape.of(2), List.of(4, 3), f, 2);
    int split = 0;
    for (int seed = 0; seed < 3; seed++) {
      Random r = new Random(seed);
      Map<String, HostTensor> params = SmallNetworks.weights(net, 1, r);
      double[] row = {1, -1, 0, 0, 0};
      double wide = f == Activation.TANH ? 0.2 : 0.5; // tanh is four times as steep
      double[] low = {-wide, -1.5 * wide};
      double[] high = {1.5 * wide, wide};
      Question q = new Question(low, high, new double[][][] {{row}}, 0);
      Subdivision.Sides least = Subdivision.least(net, params, 0, low, high, row, 1e-3);
      List<Question> both = List.of(q.moved(0.01 - least.lower()), q.moved(-0.002 - least.upper()));
      List<Outcome> found = run(net, params, both, 2);
      assertThat(found.get(0).refuted()).containsExactly(true);
      assertThat(found.get(1).bounds()[0]).isLessThan(-0.002 + 1e-9);
      split += found.get(0).nodes();
    }
    assertThat(split).as("cells").isGreaterThan(3);
  }

  /** A sum of units of one input has its least value at an end or where a unit turns. */
  @ParameterizedTest
  @ValueSource(floats = {-0.5f, 0.25f, 3})
  void slopesOfAnySizeAreDecided(float slope) {
    Random r = new Random(3);
    int n = 6;
    float[][] all = new float[3][n];
    for (float[] v : all) {
      for (int k = 0; k < n; k++) {
        v[k] = (float) r.nextGaussian();
      }
    }
    double least = Double.POSITIVE_INFINITY;
    List<Double> points = new ArrayList<>(List.of(-2.0, 2.0));
    for (int k = 0; k < n; k++) {
      points.add(Math.max(-2, Math.min(2, -all[1][k] / (double) all[0][k])));
    }
    for (double x : points) {
      double sum = 0;
      for (int k = 0; k < n; k++) {
        double z = all[0][k] * x + all[1][k];
        sum += all[2][k] * (z >= 0 ? z : slope * z);
      }
      least = Math.min(least, sum);
    }
    OnnxNetwork net =
        OnnxNetwork.whole(
            OnnxFiles.input(1)
                .constant("w", Shape.of(1, n), all[0])
                .constant("b", Shape.of(n), all[1])
                .constant("a", Shape.of(n, 1), all[2])
                .then("Gemm", "w", "b")
                .then("LeakyRelu", Map.of("alpha", new OnnxAttribute.Real(slope)))
                .then("MatMul", "a")
                .output(1));
    double[] row = {1, 0, 0};
    Question q = new Question(new double[] {-2}, new double[] {2}, new double[][][] {{row}}, 0);
    List<Question> both = List.of(q.moved(1e-3 - least), q.moved(-1e-6 - least));
    List<Outcome> found = run(net, net.values(), both, 1);
    assertThat(found.get(0).refuted()).containsExactly(true);
    assertThat(found.get(0).nodes()).isPositive();
    assertThat(found.get(1).bounds()[0]).isLessThanOrEqualTo(-1e-6 + 1e-12);
  }
}
