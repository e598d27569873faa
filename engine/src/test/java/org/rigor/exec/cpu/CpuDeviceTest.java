// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rigor.exec.Buffer;
import org.rigor.exec.Device;
import org.rigor.exec.DeviceContract;
import org.rigor.exec.Executable;
import org.rigor.exec.Scope;
import org.rigor.exec.Sequence;
import org.rigor.exec.Spent;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

class CpuDeviceTest extends DeviceContract {
  @Override
  protected Device open() {
    return open(2);
  }

  private static Device open(int threads) {
    return new CpuDevice(threads, "scalar", "test");
  }

  /** No round without work: each costs as much as one with. */
  @Override
  protected void bodyRan(int[] times, int most) {
    assertThat(Arrays.stream(times).max().orElseThrow()).isEqualTo(most);
  }

  @Test
  void resultsDoNotDependOnThreadsOrNeighbours() {
    HostTensor together = trained(open(1), 5, 3);
    assertThat(trained(open(2), 5, 3).bitEquals(together)).isTrue();
    assertThat(trained(open(4), 5, 3).bitEquals(together)).isTrue();
    assertThat(trained(open(7), 5, 3).bitEquals(together)).isTrue();
  }

  /** Threads that wait for another count as at work, so products are at most their programs. */
  @Test
  void tellsWhatItSpentByProgramAndOnProducts() {
    try (Device device = open()) {
      assertThat(device.spent().orElseThrow().programs()).isEmpty();
      for (int models : new int[] {1, 3}) {
        Program.Builder b = Program.builder("square-" + models);
        Value x = b.input("x", new TensorType(DType.F32, Shape.of(models, 40, 40)));
        try (Executable e = device.compile(b.output("y", F.matmul(x, x)).build())) {
          e.run();
        }
      }
      Spent spent = device.spent().orElseThrow();
      assertThat(spent.programs()).containsOnlyKeys("square-1", "square-3");
      assertThat(spent.in(name -> name.equals("square-1"))).isPositive();
      assertThat(spent.products()).isBetween(Double.MIN_VALUE, spent.in(name -> true));
    }
  }

  /**
   * Six rows of one model and, over the same memory, three models of two rows: each round doubles
   * them twice, three models side by side, and then adds the sum of all six to each.
   */
  @Test
  void rowsOfOneModelRunAsModelsOfTheirOwn() {
    TensorType whole = new TensorType(DType.F32, Shape.of(1, 6));
    Program.Builder b = Program.builder("double");
    Value part = b.input("part", new TensorType(DType.F32, Shape.of(3, 2)));
    Program doubling = b.state("part", F.add(part, part)).build();
    b = Program.builder("spread");
    Value all = b.input("all", whole);
    Program spreading = b.state("all", F.add(all, F.sum(all, 1))).build();
    try (Device device = open()) {
      Buffer owner;
      Buffer view;
      try (Scope scope = device.scope("rows")) {
        owner = scope.buffer("all", whole);
        view = owner.as(Shape.of(3, 2));
        owner.write(HostTensor.of(Shape.of(1, 6), new float[] {1, 2, 3, 4, 5, 6}));
        assertThat(view.read().get(5)).isEqualTo(6);
        try (Executable doubles = device.compile(doubling, Map.of("part", view));
            Executable spreads = device.compile(spreading, Map.of("all", owner));
            Sequence rounds =
                device.sequence(
                    List.of(
                        Sequence.repeat(
                            2,
                            Sequence.repeat(2, Sequence.run(doubles)),
                            Sequence.run(spreads))))) {
          rounds.run();
        }
        // 4 x + 84, whose sum is 588; then 16 x + 336 + 4 * 588.
        assertThat(owner.read().toDouble().doubles())
            .containsExactly(2704, 2720, 2736, 2752, 2768, 2784);
        assertThatThrownBy(() -> owner.as(Shape.of(3, 3))).hasMessageContaining("3, 3");
      }
      assertThatThrownBy(view::read).hasMessageContaining("closed");
    }
  }

  /** Products y = x sum(w) of three models and, in the second round, other weights for all. */
  @Test
  void eachThreadRepeatsWhatModelsShare() {
    Program.Builder b = Program.builder("scaled");
    Value x = b.input("x", new TensorType(DType.F32, Shape.of(3, 40)));
    Value w = b.input("w", new TensorType(DType.F32, Shape.of(1, 4)));
    Program scaled = b.output("y", F.mul(x, F.reshape(F.sum(w, 1), Shape.of(1, 1)))).build();
    float[] ones = new float[120];
    Arrays.fill(ones, 1);
    for (int threads : new int[] {1, 2, 4}) {
      try (Device device = open(threads);
          Executable e = device.compile(scaled)) {
        assertThat(((CpuExecutable) e).byModel()).isTrue();
        e.input("x").write(HostTensor.of(Shape.of(3, 40), ones));
        for (int round = 1; round < 3; round++) {
          e.input("w").write(HostTensor.of(Shape.of(1, 4), new float[] {round, 2, 3, 4}));
          e.run();
          assertThat(e.output("y").read().toDouble().doubles()).containsOnly(9 + round);
        }
      }
    }
  }

  /** A sum for all models that is stored belongs to no thread. */
  @Test
  void storedResultsOfAllModelsAreComputedOnce() {
    Program.Builder b = Program.builder("shared");
    Value x = b.input("x", new TensorType(DType.F32, Shape.of(3, 40)));
    Value w = b.input("w", new TensorType(DType.F32, Shape.of(1, 4)));
    Value sum = F.sum(w, 1);
    b.output("sum", sum);
    Program p = b.output("y", F.mul(x, F.reshape(sum, Shape.of(1, 1)))).build();
    try (Device device = open();
        Executable e = device.compile(p)) {
      assertThat(((CpuExecutable) e).byModel()).isFalse();
    }
  }
}
