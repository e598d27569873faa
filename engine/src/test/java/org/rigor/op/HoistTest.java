// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.rigor.diff.Diff;
import org.rigor.ir.Hoist;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

class HoistTest {
  private static final TensorType SQUARE = new TensorType(DType.F64, Shape.of(1, 2, 2));

  @Test
  void whatDoesNotVaryIsComputedOnceAndViewsStay() {
    Program.Builder b = Program.builder("p");
    Value w = b.input("w", SQUARE);
    Value x = b.input("x", SQUARE);
    Value gram = F.matmul(w, w, true, false);
    Value turned = F.transpose(F.exp(gram), List.of(0, 2, 1));
    b.output("y", F.add(F.matmul(x, gram), F.mul(turned, F.constant(x, 3))));
    b.output("alone", F.sqrt(gram));
    Program p = b.build();
    Hoist h = Hoist.of(p, Set.of("x"), Long.MAX_VALUE);
    Program once = h.once().orElseThrow();
    assertThat(once.inputs()).containsOnlyKeys("w");
    assertThat(once.outputs())
        .containsOnlyKeys("once/p/0", "once/p/1"); // the product and exp of it
    assertThat(h.each().inputs()).containsOnlyKeys("w", "x", "once/p/0", "once/p/1");

    Map<String, HostTensor> in = new HashMap<>();
    in.put("w", HostTensor.of(SQUARE.shape(), new double[] {1, 0.5, -0.25, 2}));
    in.put("x", HostTensor.of(SQUARE.shape(), new double[] {3, 1, 4, 1.5}));
    List<HostTensor> whole = NaiveEvaluator.run(p, in);
    List<HostTensor> first = NaiveEvaluator.run(once, in);
    in.put("once/p/0", first.get(0));
    in.put("once/p/1", first.get(1));
    List<HostTensor> rest = NaiveEvaluator.run(h.each(), in);
    for (int i = 0; i < whole.size(); i++) {
      assertThat(rest.get(i).bitEquals(whole.get(i))).isTrue();
    }
  }

  @Test
  void stateVariesAndLargeValuesAreComputedInEachRun() {
    Program.Builder b = Program.builder("p");
    Value w = b.input("w", SQUARE);
    Value z = b.input("z", SQUARE);
    Value small = F.sum(F.exp(w), 1, 2); // of one number, over four
    Program p = b.state("z", F.mul(F.add(z, small), F.exp(w))).build();
    Hoist all = Hoist.of(p, Set.of(), 32);
    assertThat(all.once().orElseThrow().outputs()).hasSize(2); // the sum, and what it adds
    assertThat(all.each().state()).isEqualTo(p.state());
    assertThat(Hoist.of(p, Set.of(), 31).once()).isEmpty();

    Map<String, HostTensor> in = new HashMap<>();
    in.put("w", HostTensor.of(SQUARE.shape(), new double[] {1, 0.5, -0.25, 2}));
    in.put("z", HostTensor.of(SQUARE.shape(), new double[] {3, 1, 4, 1.5}));
    HostTensor whole = NaiveEvaluator.run(p, in).get(0);
    List<HostTensor> first = NaiveEvaluator.run(all.once().orElseThrow(), in);
    in.put("once/p/0", first.get(0));
    in.put("once/p/1", first.get(1));
    assertThat(NaiveEvaluator.run(all.each(), in).get(0).bitEquals(whole)).isTrue();
  }

  /** A kernel [O, C, KH, KW], as files have it, becomes a matrix [KH KW C, O] by a copy. */
  @Test
  void viewsThatStridesCannotExpressAreCopiedOnce() {
    Program.Builder b = Program.builder("p");
    Value w = b.input("w", new TensorType(DType.F32, Shape.of(1, 5, 3, 2, 2)));
    Value x = b.input("x", new TensorType(DType.F32, Shape.of(1, 2, 4, 4, 3)));
    Value kernels = F.transpose(w, List.of(0, 3, 4, 2, 1));
    Value y = F.conv2d(x, kernels, Windows.of(2, 2));
    b.output("dx", Diff.grad(F.square(y), x));
    Program p = b.build();
    Hoist h = Hoist.of(p, Set.of("x"), Long.MAX_VALUE);
    Program once = h.once().orElseThrow();
    assertThat(once.outputs()).hasSize(1); // forward and backward read one copy
    assertThat(once.outputs().get("once/p/0").shape()).isEqualTo(Shape.of(1, 1, 12, 5));

    Map<String, HostTensor> in = new HashMap<>();
    for (Value v : List.of(w, x)) {
      float[] values = new float[Math.toIntExact(v.shape().size())];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) Math.sin(3 * i + 1);
      }
      in.put(v == w ? "w" : "x", HostTensor.of(v.shape(), values));
    }
    HostTensor whole = NaiveEvaluator.run(p, in).get(0);
    in.put("once/p/0", NaiveEvaluator.run(once, in).get(0));
    assertThat(NaiveEvaluator.run(h.each(), in).get(0).bitEquals(whole)).isTrue();
  }

  @Test
  void nothingToDo() {
    Program.Builder b = Program.builder("p");
    Value x = b.input("x", SQUARE);
    Program p = b.output("y", F.add(x, F.constant(x, 1))).build();
    assertThat(Hoist.of(p, Set.of("x"), Long.MAX_VALUE).once()).isEmpty();
  }
}
