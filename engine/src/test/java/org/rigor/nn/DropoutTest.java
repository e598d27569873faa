// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rigor.diff.Diff;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.Randoms;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

class DropoutTest {
  private static final int M = 2;
  private static final int B = 400;
  private static final int N = 50;
  private static final double RATE = 0.3;

  /** Output and gradient of its sum by x, for a step, over ones. */
  private static double[][] run(int step, List<Integer> ids) {
    Program.Builder b = Program.builder("dropout");
    int n = ids.size();
    Value x = b.input("x", new TensorType(DType.F64, Shape.of(M, n, N)));
    Value key = b.input("key", new TensorType(DType.I32, Shape.of(M, 2)));
    Value id = b.input("ids", new TensorType(DType.I32, Shape.of(1, n)));
    Value at = b.input("step", new TensorType(DType.I32, Shape.of(1, 1)));
    Pass pass = Pass.with(Pass.Statistics.FROZEN, () -> new Randoms(key, id, at));
    Value y = new Dropout(RATE).apply(Map.of(), x, pass);
    b.output("y", y);
    b.output("d", Diff.grad(org.rigor.op.F.sum(y, 1, 2), x));
    Program p = b.build();
    try (Device cpu = new CpuDevice(1, "scalar", "test");
        Executable e = cpu.compile(p)) {
      double[] ones = new double[M * n * N];
      Arrays.fill(ones, 1);
      e.input("x").write(HostTensor.of(Shape.of(M, n, N), ones));
      e.input("key").write(TrialKey.tensor(List.of(TrialKey.of(0, "a"), TrialKey.of(1, "a"))));
      e.input("ids").write(HostTensor.of(Shape.of(1, n), ids.stream().mapToInt(i -> i).toArray()));
      e.input("step").write(HostTensor.of(Shape.of(1, 1), new int[] {step}));
      e.run();
      return new double[][] {e.output("y").read().doubles(), e.output("d").read().doubles()};
    }
  }

  private static List<Integer> ids(int from, int n) {
    return java.util.stream.IntStream.range(from, from + n).boxed().toList();
  }

  @Test
  void unitsAreDroppedAtTheRateAndTheMeanStays() {
    double[] y = run(0, ids(0, B))[0];
    double dropped = Arrays.stream(y).filter(v -> v == 0).count() / (double) y.length;
    // deviation sqrt(0.21 / 40,000) = 0.0023
    assertThat(dropped).isCloseTo(RATE, within(0.01));
    assertThat(Arrays.stream(y).filter(v -> v != 0).distinct().toArray())
        .containsExactly(1 / (1 - RATE));
    assertThat(Arrays.stream(y).average().orElseThrow()).isCloseTo(1, within(0.015));
  }

  @Test
  void theGradientHasTheSameMaskWhichFollowsSampleModelAndStep() {
    double[][] first = run(3, ids(0, 6));
    assertThat(first[1]).isEqualTo(first[0]);
    double[] later = run(4, ids(0, 6))[0];
    assertThat(later).isNotEqualTo(first[0]);
    double[] some = run(3, ids(2, 3))[0];
    for (int m = 0; m < M; m++) {
      double[] own = Arrays.copyOfRange(some, m * 3 * N, (m + 1) * 3 * N);
      double[] whole = Arrays.copyOfRange(first[0], (m * 6 + 2) * N, (m * 6 + 5) * N);
      assertThat(own).as("a sample's mask does not depend on its batch").isEqualTo(whole);
    }
    assertThat(Arrays.copyOf(first[0], N)).isNotEqualTo(Arrays.copyOfRange(first[0], 6 * N, 7 * N));
  }

  @Test
  void aFinishedNetworkDropsNothingAndHasTheInitialValuesOfThatWithout() {
    Sequential plain = Sequential.mlp(Shape.of(4), List.of(5, 6), Activation.TANH, 3);
    Sequential net = Dropout.behindDense(plain, 0.5);
    assertThat(net.parameters()).isEqualTo(plain.parameters());
    Program.Builder b = Program.builder("finished");
    Map<String, Value> p = net.declare(b, "", 1, DType.F64);
    Value x = b.input("x", new TensorType(DType.F64, Shape.of(1, 2, 4)));
    b.output("y", net.apply(p, x));
    Program.Builder c = Program.builder("finished");
    Map<String, Value> q = plain.declare(c, "", 1, DType.F64);
    Value z = c.input("x", new TensorType(DType.F64, Shape.of(1, 2, 4)));
    c.output("y", plain.apply(q, z));
    assertThat(b.build().nodes()).hasSameSizeAs(c.build().nodes());
    assertThat(org.rigor.nn.mlp.Mlp.of(net)).as("no kernel that would forget it").isEmpty();
    assertThatThrownBy(() -> new Dropout(1)).hasMessageContaining("[0, 1)");
  }
}
