// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Distance;
import org.rigor.threat.Norm;
import org.rigor.threat.Sparse;
import org.rigor.threat.Threat;

/** What every attack of the list promises. */
class AttackContractTest {
  private static final int ROWS = 5;
  private static final int WIDTH = 3;
  private static final double RADIUS = 0.3;
  private static final Box BOX = new Box(0, 1);

  @TestFactory
  Stream<DynamicTest> everyPointLiesInBallAndBox() {
    return Attacks.names().stream()
        .flatMap(
            name ->
                Distance.all().stream()
                    .filter(Attacks.some(name)::takes)
                    .flatMap(
                        norm ->
                            Stream.of(Shape.of(WIDTH), Shape.of(2, 5, 4))
                                .map(
                                    features ->
                                        DynamicTest.dynamicTest(
                                            name + " " + norm + " " + features,
                                            () -> staysInside(name, norm, features)))));
  }

  private static void staysInside(String name, Distance norm, Shape features) {
    Attack attack = Attacks.of(name, new Attacks.Settings(6, OptionalDouble.of(0.9))).in(norm);
    staysInside(attack, norm, features);
  }

  /** The wide balls of Auto-PGD in l1 hold its search, never the points that count. */
  @Test
  void wideBallsHoldTheSearchAlone() {
    staysInside(new Apgd(24, Apgd.Form.PAPER).in(Sparse.L1), Sparse.L1, Shape.of(2, 5, 4));
  }

  private static void staysInside(Attack attack, Distance norm, Shape features) {
    try (Device device = new CpuDevice(1, "scalar", "test");
        Executable first = device.compile(program(attack, norm, features, true));
        Executable next = device.compile(program(attack, norm, features, false))) {
      double[] clean = new double[ROWS * Math.toIntExact(features.size())];
      for (int i = 0; i < clean.length; i++) {
        clean[i] = 0.5 + 0.5 * Math.sin(7 * i); // some at the box's sides
      }
      TensorType type = points(features);
      HostTensor x0 = HostTensor.of(type.shape(), clean);
      first.input("x0").write(x0);
      next.input("x0").write(x0);
      first.run();
      Set<String> names = AttackState.types(attack, type).keySet();
      HostTensor x = first.output("row/x").read();
      inside(x, clean, norm);
      for (int s = 0; s < attack.steps(); s++) {
        Executable from = s == 0 ? first : next;
        names.forEach(n -> next.input("row/" + n).write(from.output("row/" + n).read()));
        next.run();
        HostTensor moved = next.output("row/x").read();
        inside(moved, clean, norm);
        if (s == 0) {
          assertThat(moved.doubles()).as("first step").isNotEqualTo(x.doubles());
        }
        x = moved;
      }
    }
  }

  /**
   * The sum of squares' distance to an outside point: a smooth loss that pulls out of the ball, and
   * never reaches a boundary.
   */
  private static Program program(Attack attack, Distance norm, Shape features, boolean start) {
    Program.Builder b = Program.builder("attack");
    TensorType type = points(features);
    Value x0 = b.input("x0", type);
    Shape each = features.rank() == 1 ? Shape.of(1, 1, 1) : Shape.of(1, 1, 1, 1, 1);
    Value radius = F.fill(DType.F64, each, radius(norm));
    UnaryOperator<Value> loss =
        x -> F.add(F.sum(F.square(F.add(F.mul(DeepFool.flat(x), 3), -1)), 2), -1000);
    Problem problem =
        Problem.of(new Threat(norm, BOX), x0, radius, loss)
            .withMargin(loss)
            .withDraws(
                "test",
                () -> Randoms.fixed(F.fill(DType.I32, Shape.of(1, 2), 5), F.iota(2, 1, ROWS)));
    if (start) {
      attack.start(problem).output(b, "row/");
    } else {
      attack.step(problem, AttackState.input(b, "row/", attack, type)).store(b, "row/");
    }
    return b.build();
  }

  private static double radius(Distance norm) {
    return norm == Sparse.L0 ? 2 : RADIUS;
  }

  private static TensorType points(Shape features) {
    return new TensorType(DType.F64, features.insert(0, ROWS).insert(0, 1));
  }

  private static void inside(HostTensor x, double[] clean, Distance norm) {
    int width = clean.length / ROWS;
    for (int r = 0; r < ROWS; r++) {
      double length = 0;
      for (int k = r * width; k < (r + 1) * width; k++) {
        assertThat(x.get(k)).isBetween(BOX.lower(), BOX.upper());
        double d = Math.abs(x.get(k) - clean[k]);
        length =
            norm == Norm.LINF
                ? Math.max(length, d)
                : norm == Norm.L2
                    ? Math.hypot(length, d)
                    : length + (norm == Sparse.L1 ? d : Math.signum(d));
      }
      assertThat(length).isLessThanOrEqualTo(radius(norm) * (1 + 1e-12));
    }
  }

  @Test
  void anUnknownNameIsRefusedWithTheList() {
    assertThatThrownBy(() -> Attacks.of("pdg", new Attacks.Settings(1, OptionalDouble.empty())))
        .hasMessageContaining("pgd, fgsm")
        .hasMessageContaining("'pdg'");
  }

  /** Training gives each row its own step length: one of 0 holds the row where it stands. */
  @Test
  void anAttackWithAStepLengthTakesThatOfTheRows() {
    for (String name : Attacks.names()) {
      Attack attack = Attacks.of(name, new Attacks.Settings(6, OptionalDouble.of(0.9)));
      if (attack.stepShare().isEmpty()) {
        continue;
      }
      Program.Builder b = Program.builder("length");
      TensorType type = new TensorType(DType.F64, Shape.of(1, ROWS, WIDTH));
      Value none = F.fill(DType.F64, Shape.of(1, 1, 1), 0);
      Problem problem =
          Problem.of(
                  new Threat(Norm.LINF, BOX),
                  b.input("x0", type),
                  F.fill(DType.F64, Shape.of(1, 1, 1), RADIUS),
                  x -> F.sum(F.square(x), List.of(2)))
              .withLength(none);
      AttackState now = AttackState.input(b, "row/", attack, type);
      attack.step(problem, now).store(b, "row/");
      double[] at = new double[ROWS * WIDTH];
      java.util.Arrays.setAll(at, i -> 0.1 + 0.05 * i);
      try (Device device = new CpuDevice(1, "scalar", "test");
          Executable step = device.compile(b.build())) {
        step.input("x0").write(HostTensor.of(type.shape(), at));
        step.input("row/x").write(HostTensor.of(type.shape(), at));
        step.run();
        assertThat(step.output("row/x").read().doubles()).as(name).isEqualTo(at);
      }
    }
  }

  @Test
  void stepsOfADefaultLengthCrossTheBall() {
    for (int steps : new int[] {1, 3, 10, 40, 1000}) {
      Attack a = Attacks.of("pgd", new Attacks.Settings(steps, OptionalDouble.empty()));
      assertThat(a.reach()).isGreaterThanOrEqualTo(2);
    }
  }
}
