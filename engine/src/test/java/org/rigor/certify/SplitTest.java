// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Interval;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.workspace.Workspace;

class SplitTest {
  private static final Shape SHAPE = Shape.of(1, 1, 5);

  /** Multipliers below 0, infinite ones and NaN would not be sound: they count as 0. */
  @Test
  void onlySoundMultipliersCount() {
    Program.Builder b = Program.builder("split");
    TensorType type = new TensorType(DType.F64, SHAPE);
    Value sign = b.input("sign", type);
    Split split = Split.of(sign, b.input("multiplier", type));
    Interval sides = split.within(new Interval(b.input("lower", type), b.input("upper", type)));
    b.output("a", split.terms().get(0).coefficients());
    b.output("l", sides.lower()).output("u", sides.upper());
    double inf = Double.POSITIVE_INFINITY;
    try (Device device = new CpuDevice(1, "scalar", "test");
        Executable e = Workspace.alone(device, b.build())) {
      e.input("sign").write(HostTensor.of(SHAPE, 1.0, -1, 1, -1, 0));
      e.input("multiplier").write(HostTensor.of(SHAPE, 0.5, 2, -3, Double.NaN, inf));
      e.input("lower").write(HostTensor.of(SHAPE, -1.0, -2, -3, -4, -5));
      e.input("upper").write(HostTensor.of(SHAPE, 1.0, 2, 3, 4, 5));
      e.run();
      assertThat(e.output("a").read().doubles()).containsExactly(-0.5, 2, -0.0, 0.0, -0.0);
      assertThat(e.output("l").read().doubles()).containsExactly(0, -2, 0, -4, -5);
      assertThat(e.output("u").read().doubles()).containsExactly(1, 0, 3, 0, 5);
    }
  }
}
