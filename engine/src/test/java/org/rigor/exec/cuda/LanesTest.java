// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rigor.exec.CompileOptions;
import org.rigor.exec.RecordingDevice;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.exec.plan.Operand;
import org.rigor.exec.plan.Plan;
import org.rigor.exec.plan.PlanStep;
import org.rigor.exec.plan.Slot;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * The emulator runs lanes one after the other, so it would not show a step that forgets to wait.
 * Here every two steps that touch one place, at least one of them writing, must be in order.
 */
class LanesTest {
  private static final List<Plan> PLANS = new ArrayList<>();

  @BeforeAll
  static void plans() {
    try (RecordingDevice device = new RecordingDevice(new CpuDevice(2, "scalar", "test"))) {
      var params = SmallStudy.parameters(SmallStudy.train(device));
      SmallStudy.attack(device, params);
      SmallStudy.jacobians(device, params);
      device.compiled().forEach(c -> PLANS.add(Plan.of(c.program(), c.options())));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8})
  void stepsThatMeetInMemoryAreInOrder(int most) {
    int used = 0;
    for (Plan plan : PLANS) {
      Lanes lanes = Lanes.of(plan, most);
      used = Math.max(used, lanes.count());
      int n = plan.steps().size();
      BitSet[] before = new BitSet[n];
      for (int s = 0; s < n; s++) {
        before[s] = new BitSet();
        List<Integer> waits = new ArrayList<>(lanes.waits().get(s));
        int previous = lanes.of().subList(0, s).lastIndexOf(lanes.of().get(s));
        if (previous >= 0) {
          waits.add(previous);
        }
        for (int e : waits) {
          assertThat(e).isLessThan(s);
          before[s].set(e);
          before[s].or(before[e]);
        }
        for (int e = 0; e < s; e++) {
          if (meet(plan, plan.steps().get(e), plan.steps().get(s))) {
            assertThat(before[s].get(e))
                .as("%s: step %d must wait for %d", plan.program().name(), s, e)
                .isTrue();
          }
        }
      }
    }
    assertThat(used).isGreaterThan(most == 1 ? 0 : 1).isLessThanOrEqualTo(most);
  }

  private static boolean meet(Plan plan, PlanStep a, PlanStep b) {
    return meet(plan, a.outputs(), b.outputs())
        || meet(plan, a.outputs(), b.inputs())
        || meet(plan, a.inputs(), b.outputs());
  }

  private static boolean meet(Plan plan, List<Operand> some, List<Operand> others) {
    for (Operand x : some) {
      for (Operand y : others) {
        Slot s = plan.slots().get(x.slot());
        Slot t = plan.slots().get(y.slot());
        boolean oneSlab = s.inArena() && t.inArena() && Plan.slab(s).equals(Plan.slab(t));
        boolean apart =
            s.arenaOffset() + s.perModel() <= t.arenaOffset()
                || t.arenaOffset() + t.perModel() <= s.arenaOffset();
        if (s.id() == t.id() || (oneSlab && !apart)) {
          return true;
        }
      }
    }
    return false;
  }

  @Test
  void theGradientOfAWeightDoesNotHoldUpTheLayerBelow() {
    Program.Builder b = Program.builder("backward");
    Value x = b.input("x", new TensorType(DType.F32, Shape.of(1, 20, 30)));
    Value w = b.input("w", new TensorType(DType.F32, Shape.of(1, 30, 10)));
    Value ct = F.relu(b.input("ct", new TensorType(DType.F32, Shape.of(1, 20, 10))));
    b.output("dw", F.matmul(x, ct, true, false));
    b.output("dx", F.matmul(ct, w, false, true));
    Lanes lanes = Lanes.of(Plan.of(b.build(), CompileOptions.DEFAULT), 3);
    assertThat(lanes.of()).containsExactly(0, 0, 1);
    assertThat(lanes.waits().get(2)).containsExactly(0);
  }
}
