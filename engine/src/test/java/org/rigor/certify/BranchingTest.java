// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Activation;
import org.rigor.nn.Sequential;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Norm;
import org.rigor.workspace.Models;
import org.rigor.workspace.Workspace;

/** Scores of units worked by hand, and the choice among candidates by their halves. */
class BranchingTest {
  private static Device device;

  @BeforeAll
  static void open() {
    device = new CpuDevice(1, "scalar", "test");
  }

  @AfterAll
  static void close() {
    device.close();
  }

  /** Scores units of a ReLU over [-1, 3], whose line above is 3/4 z + 3/4. */
  private static double[] scores(Branching by, double[] coefficients, double... biases) {
    Shape units = Shape.of(1, 1, biases.length);
    Program.Builder b = Program.builder("scores");
    Value a = b.input("a", new TensorType(DType.F64, units));
    Value bias = b.input("bias", a.type());
    Value three = F.fill(DType.F64, units, 0.75);
    b.output("score", by.score(new Branching.Unit(a, three, three, bias)));
    try (Executable e = Workspace.alone(device, b.build())) {
      e.input("a").write(HostTensor.of(units, coefficients));
      e.input("bias").write(HostTensor.of(units, biases));
      e.run();
      return e.output("score").read().doubles();
    }
  }

  /**
   * By hand: max(-A, 0) 3/4; and |max(A b (3/4 - 1), A b 3/4) + min(A, 0) 3/4|, as published with
   * the line's slope and intercept.
   */
  @Test
  void scoresAreThosePublished() {
    double[] a = {-2, 2, -2, 2};
    double[] b = {0.5, 0.5, -1, -1};
    assertThat(scores(Branching.INTERCEPT, a, b)).containsExactly(1.5, 0, 1.5, 0);
    // A b of -1, 1, 2 and -2 makes 0.25, 0.75, 1.5 and 0.5
    assertThat(scores(Branching.BABSR, a, b)).containsExactly(1.25, 0.75, 0, 0.5);
    assertThat(scores(Branching.KFSB, a, b)).containsExactly(1.25, 0.75, 0, 0.5);
  }

  @Test
  void anUnknownWordIsRefused() {
    assertThat(Branching.words()).containsExactly("intercept", "babsr", "kfsb");
    for (Branching b : Branching.values()) {
      assertThat(Branching.of(b.word())).isEqualTo(b);
    }
    assertThatThrownBy(() -> Branching.of("fsb"))
        .hasMessage("branching: expected one of intercept, babsr, kfsb, got 'fsb'");
  }

  /** Returns y = 4 relu(x_0 + 1/2) + a relu(x_1). */
  private static Models network(float a) {
    Sequential net = Sequential.mlp(Shape.of(2), List.of(2), Activation.RELU, 1);
    float[][] values = {{1, 0, 0, 1}, {0.5f, 0}, {4, a}, {0}};
    Map<String, HostTensor> params = new LinkedHashMap<>();
    int i = 0;
    for (var p : net.parameters()) {
      params.put(p.name(), HostTensor.of(p.shape().insert(0, 1), values[i++]));
    }
    return Models.of(device, net, params);
  }

  /** Bounds y over [-1, 1] x [-1, 1] with lower slopes of 1/2 and 1. */
  private static Row row(Models models, Branching by) {
    Stage.Setup setup = new Stage.Setup(models, Box.NONE, Norm.LINF, 4);
    try (Bounder bounder = new Bounder(new Bounder.Plan(setup, 0, false, false, false, by))) {
      Site site = Site.of(new double[] {-1, -1}, new double[] {1, 1});
      bounder.root(List.of(List.of(site)));
      bounder.load(List.of(List.of(site)));
      Row.Objective y = new Row.Objective(new double[] {1}, null, 0);
      Row.Numbers slopes = new Row.Numbers(new float[] {0.5f, 1}, new float[0]);
      Row row = Row.margin(0, 0, Row.Cell.WHOLE, y, slopes);
      bounder.rows(bounder.margins(), List.of(row), false);
      return row;
    }
  }

  /**
   * The bound is -1 - 1. Where the first unit is at least 0 its line is 4 x_0 + 2, for a bound of
   * -2 - 1; where the second is, its line is what it was. So the second is split, though all scores
   * put the first before it.
   */
  @Test
  void looksAheadToTheWorseHalf() {
    try (Models models = network(1)) {
      for (Branching by : Branching.values()) {
        Row row = row(models, by);
        assertThat(row.bound).isCloseTo(-2, within(1e-9));
        assertThat(row.branch).as(by.word()).isEqualTo(by == Branching.KFSB ? 1 : 0);
        assertThat(row.branch).isNotNegative();
      }
    }
  }

  /**
   * Only BaBSR sees the bias of the first unit, 1/2: 3/2 against the intercept 1/2 of the second.
   */
  @Test
  void biasesCountForBabsr() {
    try (Models models = network(-1)) {
      assertThat(row(models, Branching.INTERCEPT).branch).isEqualTo(1);
      assertThat(row(models, Branching.BABSR).branch).isEqualTo(0);
      assertThat(row(models, Branching.KFSB).branch).isEqualTo(1);
    }
  }
}
