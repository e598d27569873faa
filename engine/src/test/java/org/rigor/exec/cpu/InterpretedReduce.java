// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import java.util.Arrays;
import org.rigor.exec.plan.PlanStep;
import org.rigor.ir.Expr;
import org.rigor.ir.ExprInterpreter;
import org.rigor.ir.ExprType;
import org.rigor.ir.Lowering;

/**
 * A reduction evaluated by the reference interpreter. Defines the order of summation: elements are
 * numbered row-major over the reduced axes (the model axis slowest where it is reduced); element r
 * of a chunk of {@link #CHUNK} goes to lane r mod {@link #LANES}, each lane adds from +0 in
 * ascending order; lanes are joined by halves (l with l + 8, then + 4, + 2, + 1); chunk sums are
 * added in ascending order, the first one taken as it is.
 */
final class InterpretedReduce implements StepKernel {
  private static final int LANES = 16;
  private static final int CHUNK = 4096;

  private final PlanStep.Reduce step;
  private final Expr plus;

  InterpretedReduce(PlanStep.Reduce step) {
    this.step = step;
    ExprType t = step.body().type();
    Expr a = Expr.arg(0, t);
    Expr b = Expr.arg(1, t);
    this.plus = Expr.add(a, b);
  }

  @Override
  public void run(Frame f, int from, int to, int part, int parts) {
    long n = step.outer().size();
    int operands = step.inputs().size();
    for (int m = from; m < to; m++) {
      for (long e = n * part / parts; e < n * (part + 1) / parts; e++) {
        int[] at = new int[operands + 1];
        Elements.advance(step.outer(), e, at);
        int out = at[operands] + f.offset(step.output(), m);
        Elements.set(f.array(step.output()), out, reduce(values(f, m, at)));
      }
    }
  }

  private long[] values(Frame f, int model, int[] outer) {
    int operands = step.inputs().size();
    int n = Math.toIntExact(step.inner().size());
    long[] values = new long[n * step.reducesModels()];
    long[] bits = new long[operands];
    for (int r = 0; r < values.length; r++) {
      int[] at = Arrays.copyOf(outer, operands);
      int m = step.reducesModels() > 1 ? r / n : model;
      Elements.advance(step.inner(), r % n, at);
      for (int o = 0; o < operands; o++) {
        int base = f.offset(step.inputs().get(o), m);
        bits[o] = Elements.bits(f.array(step.inputs().get(o)), base + at[o]);
      }
      values[r] = ExprInterpreter.eval(step.body(), bits);
    }
    return values;
  }

  private long reduce(long[] v) {
    if (step.kind() == Lowering.Reduce.Kind.SUM) {
      return sum(v);
    }
    if (step.kind() == Lowering.Reduce.Kind.ARGMAX) {
      return argmax(v);
    }
    ExprType t = step.body().type();
    boolean max = step.kind() == Lowering.Reduce.Kind.MAX;
    double best = ExprInterpreter.toDouble(t, v[0]);
    for (long bits : v) {
      double x = ExprInterpreter.toDouble(t, bits);
      best = max ? Math.max(best, x) : Math.min(best, x);
    }
    return ExprInterpreter.bits(t, best);
  }

  private long sum(long[] v) {
    long total = 0;
    for (int c = 0; c < v.length; c += CHUNK) {
      long[] lanes = new long[LANES];
      for (int r = c; r < Math.min(v.length, c + CHUNK); r++) {
        int lane = (r - c) % LANES;
        lanes[lane] = ExprInterpreter.eval(plus, lanes[lane], v[r]);
      }
      for (int half = LANES / 2; half > 0; half /= 2) {
        for (int l = 0; l < half; l++) {
          lanes[l] = ExprInterpreter.eval(plus, lanes[l], lanes[l + half]);
        }
      }
      total = c == 0 ? lanes[0] : ExprInterpreter.eval(plus, total, lanes[0]);
    }
    return total;
  }

  private long argmax(long[] v) {
    ExprType t = step.body().type();
    int best = 0;
    for (int i = 1; i < v.length; i++) {
      double x = ExprInterpreter.toDouble(t, v[i]);
      double y = ExprInterpreter.toDouble(t, v[best]);
      if (x > y || (Double.isNaN(x) && !Double.isNaN(y))) {
        best = i;
      }
    }
    return best;
  }

  @Override
  public long cost() {
    return step.outer().size() * step.inner().size() * step.reducesModels() * 50;
  }
}
