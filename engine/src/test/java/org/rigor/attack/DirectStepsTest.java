// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.rigor.data.Box;
import org.rigor.ir.Program;
import org.rigor.nn.Activation;
import org.rigor.nn.Sequential;
import org.rigor.nn.models.ConvNet;
import org.rigor.op.Fold;
import org.rigor.op.Unfold;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;
import org.rigor.workspace.Passes;

/** Attacks need no gradient by the kernels, so small convolutions do without windows in memory. */
class DirectStepsTest {
  private static long windows(Program p) {
    return p.nodes().stream()
        .filter(v -> v.op() instanceof Unfold || v.op() instanceof Fold)
        .count();
  }

  @Test
  void onADeviceWithSharedMemoryNoWindowsAreLeft() {
    Sequential net = ConvNet.of(Shape.of(9, 9, 1), List.of(4, 8), List.of(), Activation.RELU, 3);
    CurveAttack attack =
        CurveAttack.of(new Pgd(3, 0.3, true), new Threat(Norm.LINF, Box.UNIT), List.of(0.1))
            .withLoss(AttackLoss.CROSS_ENTROPY)
            .withSlots(4);
    AttackWork programs = new AttackWork(attack, net, DType.F32, 2, 8);
    assertThat(windows(Passes.ATTACK.run(programs.step(), 0))).isEqualTo(4);
    assertThat(windows(Passes.ATTACK.run(programs.step(), 48 << 10))).isZero();
  }
}
