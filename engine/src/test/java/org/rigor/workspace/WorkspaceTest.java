// SPDX-License-Identifier: Apache-2.0
package org.rigor.workspace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.Sequence;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

class WorkspaceTest {
  private static final TensorType PAIR = new TensorType(DType.F64, Shape.of(1, 2));

  private static Program map(String in, String out, double factor) {
    Program.Builder b = Program.builder("map");
    return b.output(out, F.mul(b.input(in, PAIR), factor)).build();
  }

  private static HostTensor pair(double a, double b) {
    return HostTensor.of(Shape.of(1, 2), a, b);
  }

  @Test
  void linkedProgramsHandValuesToEachOtherByName() {
    try (Device device = new CpuDevice(1, "scalar", "test");
        Workspace space = new Workspace(device, "test")) {
      space.put("a", pair(1, -2));
      Sequence.Step first = Sequence.run(space.link(map("a", "b", 3)));
      Sequence.Step back = Sequence.run(space.link(map("b", "c", 5)));
      space.loop(1, first, back).run();
      assertThat(space.read("c").doubles()).containsExactly(15, -30);
    }
  }

  @Test
  void aLinkedProgramMissesNoInput() {
    try (Device device = new CpuDevice(1, "scalar", "test");
        Workspace space = new Workspace(device, "test")) {
      assertThatThrownBy(() -> space.link(map("a", "b", 3)))
          .hasMessage("map: nothing was put into 'a'");
      assertThatThrownBy(() -> space.read("b")).hasMessage("nothing was put into 'b'");
      space.link(space.declare(map("a", "b", 3))).run();
      assertThat(space.read("b").doubles()).containsExactly(0, 0);
    }
  }

  @Test
  void whatAProgramDoesNotShareIsItsOwn() {
    try (Device device = new CpuDevice(1, "scalar", "test");
        Workspace owner = new Workspace(device, "owner");
        Workspace space = new Workspace(device, "test")) {
      owner.put("a", pair(1, 2));
      space.share("a", owner.get("a"));
      Executable e = space.compile(map("a", "b", 2));
      Executable other = space.compile(map("b", "a", 2));
      e.run();
      assertThat(e.output("b").read().doubles()).containsExactly(2, 4);
      assertThat(space.has("b")).isFalse();
      other.input("b").write(pair(5, 6));
      other.run();
      assertThat(owner.read("a").doubles()).containsExactly(10, 12);
      space.release(other);
      assertThatThrownBy(other::run).hasMessageContaining("closed");
    }
  }

  @Test
  void aProgramIsCutAtWhatVaries() {
    Program.Builder b = Program.builder("cut");
    Value w = b.input("w", PAIR);
    Value x = b.input("x", PAIR);
    b.output("y", F.mul(F.exp(w), x));
    try (Device device = new CpuDevice(1, "scalar", "test");
        Workspace space = new Workspace(device, "test")) {
      space.put("w", pair(0, 1));
      Workspace.Cut cut = space.cut(b.build(), Set.of("x"));
      cut.once().orElseThrow().run();
      cut.each().input("x").write(pair(2, 1));
      cut.each().run();
      assertThat(cut.each().output("y").read().doubles()[0]).isEqualTo(2);
      assertThat(cut.each().output("y").read().doubles()[1]).isEqualTo(Math.E);
    }
  }

  @Test
  void rowsAreHalvedUntilEveryValueFits() {
    try (Device device = new CpuDevice(1, "scalar", "test");
        Workspace space = new Workspace(device, "test");
        Workspace small = new Workspace(device, "small")) {
      space.halving(WorkspaceTest::rows, 40, 96, name -> true);
      assertThat(space.get("x").type().shape()).isEqualTo(Shape.of(1, 10));
      small.halving(WorkspaceTest::rows, 40, 1);
      assertThat(small.get("x").type().shape()).isEqualTo(Shape.of(1, 1));
    }
  }

  private static Program rows(int n) {
    Program.Builder b = Program.builder("rows");
    Value x = b.input("x", new TensorType(DType.F64, Shape.of(1, n)));
    return b.output("y", F.add(x, 1)).build();
  }

  @Test
  void everyPurposeSimplifiesFirst() {
    Program.Builder b = Program.builder("twice");
    Value x = b.input("x", PAIR);
    Value y = F.relu(x);
    Value mask = F.cast(F.gt(x, F.constant(x, 0)), DType.F64);
    Program p = b.output("y", F.add(F.mul(y, mask), F.mul(F.relu(x), mask))).build();
    for (Passes passes : Passes.values()) {
      Program q = passes.run(p, 0);
      assertThat(q.nodes()).as("%s", passes).hasSizeLessThan(p.nodes().size());
      boolean masked =
          q.nodes().stream()
              .filter(v -> v.dtype() == DType.BOOL)
              .allMatch(v -> !v.input(0).isInput());
      assertThat(masked).as("%s", passes).isEqualTo(passes != Passes.MEASURE);
    }
    assertThat(List.of(Passes.values())).hasSize(3);
  }
}
