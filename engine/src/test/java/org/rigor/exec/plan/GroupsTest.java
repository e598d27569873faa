// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.rigor.exec.CompileOptions;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** Which elementwise steps share a pass; that results keep their bits is PlannerTest's concern. */
class GroupsTest {
  private static TensorType f32(int... dims) {
    return new TensorType(DType.F32, Shape.of(dims));
  }

  private static List<PlanStep> steps(Program p) {
    return Plan.of(p, CompileOptions.DEFAULT).steps();
  }

  @Test
  void anOptimiserReadsGradientStateAndParameterOnce() {
    Program.Builder b = Program.builder("sgd");
    Value rate = b.input("rate", f32(2, 1, 1));
    Value on = b.input("on", new TensorType(DType.BOOL, Shape.of(2, 1, 1)));
    for (String name : List.of("a", "b")) {
      Value x = b.input(name + " x", f32(2, 300, 64));
      Value w = b.input(name, f32(2, 64, 500));
      Value momentum = b.input(name + " momentum", f32(2, 64, 500));
      Value ct = b.input(name + " ct", f32(2, 300, 500));
      Value gradient = F.matmul(x, ct, true, false);
      Value v = F.add(F.mul(momentum, 0.9), gradient);
      b.state(name, F.select(on, F.sub(w, F.mul(v, rate)), w));
      b.state(name + " momentum", F.select(on, v, momentum));
    }
    List<PlanStep> steps = steps(b.build());
    assertThat(steps).hasSize(4);
    for (int s : new int[] {1, 3}) {
      PlanStep.Maps m = (PlanStep.Maps) steps.get(s);
      assertThat(m.parts()).hasSize(3);
      assertThat(m.results()).hasSize(2);
      assertThat(m.inputs()).hasSize(5);
    }
  }

  @Test
  void countersShareALaunchWhateverTheirRank() {
    Program.Builder b = Program.builder("counters");
    Value n = b.input("n", new TensorType(DType.I32, Shape.of(3, 1)));
    Value x = b.input("x", f32(3, 1, 1));
    Value y = b.input("y", f32(3, 1));
    b.state("n", F.add(n, F.constant(n, 1)));
    b.state("x", F.mul(x, 2));
    b.state("y", F.exp(y));
    assertThat(steps(b.build())).hasSize(1);
  }

  /** What is read elsewhere than where it was written needs the whole of it first. */
  @Test
  void turnedAndBroadcastReadersStayApart() {
    Program.Builder b = Program.builder("apart");
    Value x = b.input("x", f32(1, 8, 8));
    Value y = F.exp(x);
    b.output("y", y);
    b.output("turned", F.add(y, F.transpose(y, List.of(0, 2, 1))));
    assertThat(steps(b.build())).hasSize(2);
    Program.Builder c = Program.builder("row");
    Value row = F.exp(c.input("row", f32(1, 1, 8)));
    c.output("row out", row);
    c.output("sum", F.add(c.input("x", f32(1, 8, 8)), row));
    assertThat(steps(c.build())).hasSize(2);
  }

  /** A pass over two large tensors that have nothing in common reads no less than two passes. */
  @Test
  void largeStrangersStayApart() {
    Program.Builder b = Program.builder("strangers");
    Value rate = b.input("rate", f32(1, 1));
    b.output("a", F.mul(b.input("x", f32(1, 40_000)), rate));
    b.output("b", F.mul(b.input("y", f32(1, 40_000)), rate));
    assertThat(steps(b.build())).hasSize(2);
  }

  @Test
  void aSoftmaxWithItsGradientIsOnePassOverRows() {
    Program.Builder b = Program.builder("softmax");
    Value x = b.input("x", f32(3, 20, 10));
    Value bias = b.input("bias", f32(3, 1, 10));
    Value target = b.input("target", f32(3, 20, 10));
    Value logits = F.add(x, bias);
    Value p = F.exp(F.sub(logits, F.max(logits, 2)));
    b.output("gradient", F.sub(F.div(p, F.sum(p, 2)), target));
    b.output("best", F.argMax(logits, 2));
    List<PlanStep> steps = steps(b.build());
    assertThat(steps).hasSize(1);
    PlanStep.Rows rows = (PlanStep.Rows) steps.get(0);
    assertThat(rows.values()).isEqualTo(10);
    assertThat(rows.kept()).hasSize(2);
    assertThat(rows.inputs()).hasSize(3);
  }

  /** Rows that are long, that lie in another axis, or of which another row is read. */
  @Test
  void otherReductionsStayApart() {
    Program.Builder b = Program.builder("columns");
    Value x = F.exp(b.input("x", f32(1, 10, 10)));
    b.output("x out", x);
    b.output("sum", F.sum(x, 1));
    assertThat(steps(b.build())).hasSize(2);
    Program.Builder c = Program.builder("long");
    Value y = F.exp(c.input("y", f32(1, 10, 17)));
    c.output("y out", y);
    c.output("sum", F.sum(y, 2));
    assertThat(steps(c.build())).hasSize(2);
    Program.Builder d = Program.builder("other rows");
    Value sums = F.sum(d.input("z", f32(1, 10, 10)), 2);
    Value turned = F.transpose(sums, List.of(0, 2, 1));
    d.output("z out", F.add(d.input("w", f32(1, 10, 10)), turned));
    assertThat(steps(d.build())).hasSize(2);
  }
}
