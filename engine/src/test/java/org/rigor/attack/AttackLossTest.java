// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rigor.diff.Diff;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** Losses of attacks by their formulas, and their gradients by differences. */
class AttackLossTest {
  private static final int ROWS = 64;

  /** Values [ROWS] and the gradient by the logits [ROWS, K] of a loss. */
  private record Losses(double[] values, double[] gradient) {}

  private static Losses losses(AttackLoss loss, double[] logits, int[] label, int[] target) {
    int k = logits.length / ROWS;
    Program.Builder b = Program.builder("loss");
    TensorType classes = new TensorType(DType.I32, Shape.of(1, ROWS));
    Value z = b.input("z", new TensorType(DType.F64, Shape.of(1, ROWS, k)));
    Value own = F.oneHot(b.input("label", classes), k, DType.F64);
    Value goal = F.oneHot(b.input("target", classes), k, DType.F64);
    Value values = loss.of(z, new AttackLoss.Labels(own, Optional.of(goal)));
    b.output("values", values);
    b.output("gradient", Diff.grad(values, z));
    try (Device device = new CpuDevice(1, "scalar", "test");
        Executable run = device.compile(b.build())) {
      run.input("z").write(HostTensor.of(Shape.of(1, ROWS, k), logits));
      run.input("label").write(HostTensor.of(Shape.of(1, ROWS), label));
      run.input("target").write(HostTensor.of(Shape.of(1, ROWS), target));
      run.run();
      return new Losses(
          run.output("values").read().doubles(), run.output("gradient").read().doubles());
    }
  }

  /** Logits without ties, labels and wrong targets of {@link #ROWS} rows. */
  private record Case(int classes, double[] logits, int[] label, int[] target) {
    static Case of(int classes) {
      Random random = new Random(classes);
      double[] z = random.doubles((long) ROWS * classes, -3, 3).toArray();
      int[] label = random.ints(ROWS, 0, classes).toArray();
      int[] target = new int[ROWS];
      Arrays.setAll(target, n -> (label[n] + 1 + random.nextInt(classes - 1)) % classes);
      return new Case(classes, z, label, target);
    }

    double right(int n) {
      return logits[n * classes + label[n]];
    }

    double aimed(int n) {
      return logits[n * classes + target[n]];
    }

    double largestWrong(int n) {
      double most = Double.NEGATIVE_INFINITY;
      for (int c = 0; c < classes; c++) {
        most = c == label[n] ? most : Math.max(most, logits[n * classes + c]);
      }
      return most;
    }

    /** Returns the i-th largest logit, from 0. */
    double sorted(int n, int i) {
      double[] row = Arrays.copyOfRange(logits, n * classes, (n + 1) * classes);
      Arrays.sort(row);
      return row[classes - 1 - i];
    }

    Case map(double factor, double shift) {
      double[] z = Arrays.stream(logits).map(v -> factor * v + shift).toArray();
      return new Case(classes, z, label, target);
    }
  }

  private static Losses losses(AttackLoss loss, Case c) {
    return losses(loss, c.logits(), c.label(), c.target());
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 4, 10, 40})
  void dlrIsItsFormula(int classes) {
    Case c = Case.of(classes);
    double[] got = losses(AttackLoss.DLR, c).values();
    for (int n = 0; n < ROWS; n++) {
      double margin = c.largestWrong(n) - c.right(n);
      double wanted = margin / (c.sorted(n, 0) - c.sorted(n, 2) + 1e-12);
      assertThat(got[n]).isCloseTo(wanted, within(1e-12 * Math.abs(wanted)));
      assertThat(got[n] > 0).isEqualTo(margin > 0);
      assertThat(got[n]).isGreaterThanOrEqualTo(margin > 0 ? 0 : -1);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 10})
  void theProbabilityMarginIsItsFormula(int classes) {
    Case c = Case.of(classes);
    double[] got = losses(AttackLoss.PROBABILITY_MARGIN, c).values();
    for (int n = 0; n < ROWS; n++) {
      double sum = 0;
      for (int k = 0; k < classes; k++) {
        sum += Math.exp(c.logits()[n * classes + k]);
      }
      double wanted = (Math.exp(c.largestWrong(n)) - Math.exp(c.right(n))) / sum;
      assertThat(got[n]).isCloseTo(wanted, within(1e-14));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 10, 40})
  void targetedDlrIsItsFormula(int classes) {
    Case c = Case.of(classes);
    double[] got = losses(AttackLoss.TARGETED_DLR, c).values();
    for (int n = 0; n < ROWS; n++) {
      double lead = c.sorted(n, 0) - 0.5 * (c.sorted(n, 2) + c.sorted(n, 3)) + 1e-12;
      double wanted = (c.aimed(n) - c.right(n)) / lead;
      assertThat(got[n]).isCloseTo(wanted, within(1e-12 * Math.abs(wanted)));
    }
  }

  @Test
  void withTooFewClassesForARatioItIsTheMargin() {
    for (int classes : new int[] {2, 3}) {
      Case c = Case.of(classes);
      assertThat(losses(AttackLoss.TARGETED_DLR, c).values())
          .isEqualTo(losses(AttackLoss.TARGETED_MARGIN, c).values());
    }
    Case two = Case.of(2);
    assertThat(losses(AttackLoss.DLR, two).values())
        .isEqualTo(losses(AttackLoss.MARGIN, two).values());
  }

  @ParameterizedTest
  @EnumSource(names = {"DLR", "TARGETED_DLR"})
  void scaleAndShiftOfTheLogitsChangeNoRatio(AttackLoss loss) {
    Case c = Case.of(7);
    double[] once = losses(loss, c).values();
    double[] scaled = losses(loss, c.map(64, 5)).values();
    for (int n = 0; n < ROWS; n++) {
      assertThat(scaled[n]).isCloseTo(once[n], within(1e-9));
    }
  }

  @ParameterizedTest
  @EnumSource
  void gradientsAreThoseOfDifferences(AttackLoss loss) {
    Case c = Case.of(6);
    double[] gradient = losses(loss, c).gradient();
    double h = 1e-6;
    for (int k = 0; k < 6; k++) {
      double[][] moved = {c.logits().clone(), c.logits().clone()};
      for (int n = 0; n < ROWS; n++) {
        moved[0][n * 6 + k] -= h;
        moved[1][n * 6 + k] += h;
      }
      double[] low = losses(loss, moved[0], c.label(), c.target()).values();
      double[] high = losses(loss, moved[1], c.label(), c.target()).values();
      for (int n = 0; n < ROWS; n++) {
        double slope = (high[n] - low[n]) / (2 * h);
        assertThat(gradient[n * 6 + k]).isCloseTo(slope, within(1e-5 * (1 + Math.abs(slope))));
      }
    }
  }
}
