// SPDX-License-Identifier: Apache-2.0
package org.rigor.diff;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.rigor.exec.CompileOptions;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.exec.plan.Plan;
import org.rigor.exec.plan.PlanStep;
import org.rigor.ir.Program;
import org.rigor.ir.Simplify;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

class ReluMasksTest {
  private static final Shape X = Shape.of(1, 5, 4);

  /** Gradients of sum((relu(x w + b) v) ^ 2), and of a step along its own gradient. */
  private static Program program(boolean twice) {
    Program.Builder b = Program.builder("relu");
    Value x = b.input("x", new TensorType(DType.F32, X));
    Value w = b.input("w", new TensorType(DType.F32, Shape.of(1, 4, 4)));
    Value v = b.input("v", new TensorType(DType.F32, Shape.of(1, 4, 4)));
    Value bias = b.input("b", new TensorType(DType.F32, Shape.of(1, 1, 4)));
    Value at = x;
    for (int i = 0; i < (twice ? 2 : 1); i++) {
      Value hidden = F.relu(F.add(F.matmul(at, w), bias));
      Value loss = F.square(F.matmul(hidden, v));
      List<Value> g = Diff.grad(loss, List.of(at, w, v, bias));
      b.output("gx" + i, g.get(0)).output("gw" + i, g.get(1));
      b.output("gv" + i, g.get(2)).output("gb" + i, g.get(3));
      at = F.add(at, F.mul(g.get(0), 0.1));
    }
    return Simplify.run(b.build());
  }

  private static List<HostTensor> run(Program p) {
    List<HostTensor> out = new ArrayList<>();
    try (Device device = new CpuDevice(1, "scalar", "test");
        Executable e = device.compile(p)) {
      p.inputs()
          .forEach(
              (name, v) -> {
                float[] a = new float[(int) v.shape().size()];
                for (int i = 0; i < a.length; i++) {
                  a[i] = (float) Math.sin(name.hashCode() + 2.1 * i);
                }
                a[1] = name.equals("x") ? Float.NaN : 0f;
                e.input(name).write(HostTensor.of(v.shape(), a));
              });
      e.run();
      p.outputs().keySet().forEach(name -> out.add(e.output(name).read()));
    }
    return out;
  }

  private static long maps(Program p) {
    return Plan.of(p, CompileOptions.DEFAULT).single().stream()
        .filter(s -> s instanceof PlanStep.Map)
        .count();
  }

  @Test
  void keepsEveryBitAlsoOfNaN() {
    for (boolean twice : new boolean[] {false, true}) {
      List<HostTensor> before = run(program(twice));
      List<HostTensor> after = run(ReluMasks.run(program(twice)));
      for (int i = 0; i < before.size(); i++) {
        assertThat(after.get(i).bitEquals(before.get(i))).as(twice + " " + i).isTrue();
      }
    }
  }

  @Test
  void biasAndActivationBecomeOneKernel() {
    assertThat(maps(ReluMasks.run(program(false)))).isLessThan(maps(program(false)));
  }
}
