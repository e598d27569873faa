// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ObjIntConsumer;
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

/**
 * A small network and four samples, all written down by sines and cosines, on which other programs
 * printed what their attacks do in float64.
 */
final class GoldenNetwork {
  private static final int SAMPLES = 4;
  private static final int INPUTS = 16;
  private static final int HIDDEN = 8;
  private static final int CLASSES = 5;
  private static final TensorType POINTS = new TensorType(DType.F64, Shape.of(1, SAMPLES, INPUTS));

  private GoldenNetwork() {}

  /**
   * Takes steps from the clean points, in the box [0, 1], to the second class if the loss has
   * targets. After each, the outputs hold {@code margin} at the points before it, {@code
   * margin/NAME} at kept ones, and the state as {@code row/...}.
   *
   * @param after called after each step
   */
  static void walk(
      Attack attack,
      Distance norm,
      double radius,
      AttackLoss loss,
      int steps,
      ObjIntConsumer<Executable> after) {
    HostTensor clean = HostTensor.of(POINTS.shape(), samples());
    try (Device device = new CpuDevice(1, "scalar", "test");
        Executable first = device.compile(program(attack, norm, radius, loss, true));
        Executable step = device.compile(program(attack, norm, radius, loss, false))) {
      first.input("x0").write(clean);
      first.run();
      step.input("x0").write(clean);
      Map<String, TensorType> state = AttackState.types(attack, POINTS);
      state.keySet().forEach(n -> step.input("row/" + n).write(first.output("row/" + n).read()));
      for (String point : List.of("row/x", "row/kept/search")) {
        if (point.equals("row/x") || state.containsKey(point.substring(4))) {
          step.input(point).write(clean);
        }
      }
      for (int i = 0; i < steps; i++) {
        step.run();
        after.accept(step, i);
        state.keySet().forEach(n -> step.input("row/" + n).write(step.output("row/" + n).read()));
      }
    }
  }

  /** Returns the clean points, [samples * inputs]. */
  static double[] samples() {
    double[] x = new double[SAMPLES * INPUTS];
    for (int n = 0; n < SAMPLES; n++) {
      for (int i = 0; i < INPUTS; i++) {
        x[n * INPUTS + i] = 0.5 + 0.4 * Math.sin(1 + 5 * n + i * i);
      }
    }
    return x;
  }

  /**
   * Returns the distance of the nearest misclassified point that an attack walks through, in the
   * radius of the whole box.
   *
   * @param point name of the points in the attack's state
   */
  static double[] nearest(Attack attack, Distance norm, AttackLoss loss, String point) {
    double[] clean = samples();
    double[] nearest = new double[SAMPLES];
    Arrays.fill(nearest, Double.POSITIVE_INFINITY);
    double[][] iterate = {clean};
    walk(
        attack,
        norm,
        100,
        loss,
        attack.steps() + 1,
        (step, i) -> {
          double[] margins = step.output("margin/" + point).read().doubles();
          for (int n = 0; n < SAMPLES; n++) {
            if (margins[n] > 0) {
              nearest[n] = Math.min(nearest[n], distance(norm, iterate[0], clean, n));
            }
          }
          iterate[0] = step.output("row/kept/" + point).read().doubles();
        });
    return nearest;
  }

  private static double distance(Distance norm, double[] x, double[] clean, int n) {
    double largest = 0;
    double squares = 0;
    double sum = 0;
    int count = 0;
    for (int i = n * INPUTS; i < (n + 1) * INPUTS; i++) {
      double d = Math.abs(x[i] - clean[i]);
      largest = Math.max(largest, d);
      squares += d * d;
      sum += d;
      count += d > 0 ? 1 : 0;
    }
    return Map.<Distance, Double>of(
            Norm.LINF, largest, Norm.L2, Math.sqrt(squares), Sparse.L1, sum, Sparse.L0, 1.0 * count)
        .get(norm);
  }

  /** A start, or a step with the margin at the point that it leaves. */
  private static Program program(
      Attack attack, Distance norm, double radius, AttackLoss loss, boolean start) {
    Program.Builder b = Program.builder("golden");
    Value x0 = b.input("x0", POINTS);
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
            .withMargin(x -> AttackLoss.MARGIN.of(logits(x), own))
            .withDraws(
                "test",
                () -> Randoms.fixed(F.fill(DType.I32, Shape.of(1, 2), 5), F.iota(2, 1, SAMPLES)));
    if (start) {
      attack.start(problem).output(b, "row/");
    } else {
      AttackState now = AttackState.input(b, "row/", attack, POINTS);
      b.output("margin", AttackLoss.MARGIN.of(logits(now.x()), own));
      now.kept()
          .forEach(
              (name, v) -> {
                if (v.type().equals(POINTS)) {
                  b.output("margin/" + name, AttackLoss.MARGIN.of(logits(v), own));
                }
              });
      attack.step(problem, now).store(b, "row/");
    }
    return b.build();
  }

  /** Returns the classes of the clean points: 1, and 4 for the last. */
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
}
