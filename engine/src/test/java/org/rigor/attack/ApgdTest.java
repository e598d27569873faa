// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
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
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;

/**
 * Auto-PGD against the authors' code, auto-attack at its commit a392200: losses and steps that it
 * gave in float64, from the clean point, on a small network written down by sines and cosines.
 */
class ApgdTest {
  private static final int STEPS = 100;
  private static final int SAMPLES = 4;
  private static final int INPUTS = 16;
  private static final int HIDDEN = 8;
  private static final int CLASSES = 5;
  private static final int[] LABELS = {1, 1, 1, 4};

  static Stream<Arguments> golden() {
    return Stream.of(
        Arguments.of(
            Norm.LINF,
            0.06,
            AttackLoss.CROSS_ENTROPY,
            new double[] {.34614446, .15085029, .67549556, .60101171},
            new double[] {1.28435282, .47457795, 2.63020168, 1.98984762},
            new boolean[] {true, true, false, false},
            new int[] {7, 7, 7, 7}),
        Arguments.of(
            Norm.LINF,
            0.06,
            AttackLoss.DLR,
            new double[] {-.52350732, -.66720136, -.55675058, -.50612201},
            new double[] {-.28708291, -.57520016, 2.04139775, -.27097552},
            new boolean[] {true, true, false, true},
            new int[] {7, 7, 7, 7}),
        Arguments.of(
            Norm.LINF,
            0.06,
            AttackLoss.TARGETED_DLR,
            new double[] {-.37121521, -.43812376, -.40318096, -.34270686},
            new double[] {-.23435798, -.39648124, .99826838, -.21099937},
            new boolean[] {true, true, false, true},
            new int[] {7, 7, 6, 7}),
        Arguments.of(
            Norm.L2,
            0.25,
            AttackLoss.CROSS_ENTROPY,
            new double[] {.34614446, .15085029, .67549556, .60101171},
            new double[] {1.56904217, .57794764, 3.05274359, 2.36804512},
            new boolean[] {false, true, false, false},
            new int[] {7, 7, 7, 7}),
        Arguments.of(
            Norm.L2,
            0.25,
            AttackLoss.DLR,
            new double[] {-.52350732, -.66720136, -.55675058, -.50612201},
            new double[] {.17850203, -.56452833, 2.59265754, -.25036549},
            new boolean[] {false, true, false, true},
            new int[] {7, 6, 6, 6}),
        Arguments.of(
            Norm.L2,
            0.25,
            AttackLoss.TARGETED_DLR,
            new double[] {-.37121521, -.43812376, -.40318096, -.34270686},
            new double[] {.15659648, -.39138139, .99828956, -.19754757},
            new boolean[] {false, true, false, true},
            new int[] {7, 6, 6, 6}));
  }

  @ParameterizedTest
  @MethodSource("golden")
  void itIsTheAuthorsCode(
      Norm norm,
      double radius,
      AttackLoss loss,
      double[] initial,
      double[] best,
      boolean[] correct,
      int[] halvings) {
    Apgd attack = new Apgd(STEPS, Apgd.Form.REFERENCE);
    HostTensor clean = HostTensor.of(Shape.of(1, SAMPLES, INPUTS), samples());
    try (Device device = new CpuDevice(1, "scalar", "test");
        Executable first = device.compile(program(attack, norm, radius, loss, true));
        Executable step = device.compile(program(attack, norm, radius, loss, false))) {
      first.input("x0").write(clean);
      first.run();
      step.input("x0").write(clean);
      List<String> names = List.copyOf(AttackState.types(attack, type(INPUTS)).keySet());
      for (String name : names) {
        step.input("row/" + name).write(first.output("row/" + name).read());
      }
      step.input("row/x").write(clean);
      boolean[] stands = {true, true, true, true};
      for (int i = 0; i <= STEPS; i++) {
        step.run();
        double[] margins = step.output("margin").read().doubles();
        for (int n = 0; n < SAMPLES; n++) {
          stands[n] &= margins[n] < 0;
        }
        if (i == 0) {
          near(step.output("row/kept/best-loss").read().doubles(), initial);
        }
        for (String name : names) {
          step.input("row/" + name).write(step.output("row/" + name).read());
        }
      }
      near(step.output("row/kept/best-loss").read().doubles(), best);
      assertThat(stands).isEqualTo(correct);
      double[] lengths = step.output("row/kept/length").read().doubles();
      for (int n = 0; n < SAMPLES; n++) {
        assertThat(lengths[n] / radius).isEqualTo(Math.scalb(1.0, -halvings[n]));
      }
    }
  }

  private static void near(double[] got, double[] wanted) {
    for (int i = 0; i < wanted.length; i++) {
      assertThat(got[i]).isCloseTo(wanted[i], within(1e-8 + 1e-6 * Math.abs(wanted[i])));
    }
  }

  private static double[] samples() {
    double[] x = new double[SAMPLES * INPUTS];
    for (int n = 0; n < SAMPLES; n++) {
      for (int i = 0; i < INPUTS; i++) {
        x[n * INPUTS + i] = 0.5 + 0.4 * Math.sin(1 + 5 * n + i * i);
      }
    }
    return x;
  }

  /** A start, or a step with the margin at the point that it leaves. */
  private static Program program(
      Apgd attack, Norm norm, double radius, AttackLoss loss, boolean start) {
    Program.Builder b = Program.builder("apgd");
    Value x0 = b.input("x0", type(INPUTS));
    Value own = F.oneHot(labels(), CLASSES, DType.F64);
    Value second = F.slice(F.topK(logits(x0), 2), 2, 1, 2);
    Value target = F.oneHot(F.reshape(second, Shape.of(1, SAMPLES)), CLASSES, DType.F64);
    AttackLoss.Labels goals = new AttackLoss.Labels(own, Optional.of(target));
    Problem problem =
        Problem.of(
                new Threat(norm, new Box(0, 1)),
                x0,
                F.fill(DType.F64, Shape.of(1, SAMPLES, 1), radius),
                x -> loss.of(logits(x), goals))
            .withDraws(
                "test",
                () -> Randoms.fixed(F.fill(DType.I32, Shape.of(1, 2), 5), F.iota(2, 1, SAMPLES)));
    if (start) {
      attack.start(problem).output(b, "row/");
    } else {
      AttackState now = AttackState.input(b, "row/", attack, type(INPUTS));
      b.output("margin", AttackLoss.MARGIN.of(logits(now.x()), own));
      attack.step(problem, now).store(b, "row/");
    }
    return b.build();
  }

  private static TensorType type(int features) {
    return new TensorType(DType.F64, Shape.of(1, SAMPLES, features));
  }

  /** Returns {@link #LABELS}: 1, and 4 for the last sample. */
  private static Value labels() {
    Value n = F.iota(2, 1, SAMPLES);
    return F.add(F.mul(F.cast(F.eq(n, F.constant(n, SAMPLES - 1)), DType.I32), 3), 1);
  }

  private static Value logits(Value x) {
    Value first = F.mul(F.sin(angles(INPUTS, HIDDEN, 1, 7, 3)), 0.5);
    Value bias = F.mul(F.cos(angles(1, HIDDEN, 0, 0, 2)), 0.1);
    Value hidden = F.tanh(F.add(F.matmul(x, first), bias));
    return F.matmul(hidden, F.cos(angles(HIDDEN, CLASSES, 2, 3, 5)));
  }

  /** Returns c + a row + b column, [1, rows, columns]. */
  private static Value angles(int rows, int columns, int c, int a, int b) {
    Value row = F.mul(F.iota(3, 1, rows), a);
    Value column = F.mul(F.iota(3, 2, columns), b);
    return F.cast(F.add(F.add(row, column), c), DType.F64);
  }

  /** Checkpoints of both forms: those of the paper's text, and those that the code prints. */
  @Test
  void theFormsDifferInCheckpoints() {
    List<Integer> hundred = List.of(22, 41, 57, 70, 80, 87, 93, 99);
    assertThat(Apgd.Form.PAPER.checkpoints(100)).isEqualTo(hundred);
    assertThat(Apgd.Form.REFERENCE.checkpoints(100)).isEqualTo(hundred);
    assertThat(Apgd.Form.PAPER.checkpoints(50)).containsExactly(11, 21, 29, 35, 40, 44, 47, 50);
    assertThat(Apgd.Form.REFERENCE.checkpoints(50)).containsExactly(11, 21, 30, 38, 45);
    assertThat(Apgd.Form.PAPER.checkpoints(20)).containsExactly(5, 9, 12, 14, 16, 18, 19, 20);
    assertThat(Apgd.Form.REFERENCE.checkpoints(20)).startsWith(4, 7, 9, 10, 11, 12);
    assertThat(Apgd.Form.PAPER.checkpoints(1)).containsExactly(1);
  }
}
