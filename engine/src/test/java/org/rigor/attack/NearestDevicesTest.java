// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.rigor.data.Box;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.OnEveryDevice;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Distance;
import org.rigor.threat.Sparse;
import org.rigor.threat.Threat;

/** Steps of attacks that minimise, and of those in l1: the same bits on every device. */
class NearestDevicesTest {
  private static final TensorType POINTS = new TensorType(DType.F32, Shape.of(2, 5, 7));

  @Test
  void stepsHaveTheSameBitsEverywhere() {
    List<OnEveryDevice.Case> cases = new ArrayList<>();
    for (String name : Attacks.names()) {
      for (Distance norm : Distance.all()) {
        int steps = norm == Sparse.L1 ? 24 : 9; // Auto-PGD there begins in a wider ball
        Attack attack = Attacks.of(name, new Attacks.Settings(steps, OptionalDouble.empty()));
        if (attack.takes(norm) && (attack.minimises() || norm == Sparse.L1)) {
          cases.add(
              new OnEveryDevice.Case(name + " " + norm, program(attack.in(norm), norm), inputs()));
        }
      }
    }
    OnEveryDevice.check(cases);
  }

  /** Four steps from the clean points: some rows cross the boundary, others are held by the box. */
  private static Program program(Attack attack, Distance norm) {
    Program.Builder b = Program.builder("steps");
    Value x0 = b.input("x0", POINTS);
    Value weight = b.input("weight", POINTS);
    Problem problem =
        Problem.of(
                new Threat(norm, Box.UNIT),
                x0,
                F.fill(DType.F32, Shape.of(1, 1, 1), 0.3),
                x ->
                    F.reshape(
                        F.add(F.sum(F.mul(weight, F.add(x, F.square(x))), 2), -0.5),
                        Shape.of(2, 5, 1)))
            .withMargin(x -> F.reshape(F.add(F.sum(F.mul(weight, x), 2), -0.2), Shape.of(2, 5, 1)))
            .withDraws(
                "test", () -> Randoms.fixed(F.fill(DType.I32, Shape.of(2, 2), 5), F.iota(2, 1, 5)));
    AttackState state = attack.start(problem);
    for (int i = 0; i < 4; i++) {
      state = attack.step(problem, state);
    }
    b.output("x", state.x());
    b.output("iterate", state.kept().getOrDefault(Attack.ITERATE, state.x()));
    return b.build();
  }

  private static Map<String, HostTensor> inputs() {
    float[] x = new float[70];
    float[] weight = new float[70];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) Math.max(0, Math.min(1, 0.5 + 0.7 * Math.sin(3 * i + 1)));
      weight[i] = (float) Math.cos(5 * i + 2);
    }
    Map<String, HostTensor> inputs = new LinkedHashMap<>();
    inputs.put("x0", HostTensor.of(POINTS.shape(), x));
    inputs.put("weight", HostTensor.of(POINTS.shape(), weight));
    return inputs;
  }
}
