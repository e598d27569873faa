// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import org.rigor.exec.plan.Nest;
import org.rigor.exec.plan.PlanStep;
import org.rigor.ir.ExprInterpreter;

/** A map evaluated element by element by the reference interpreter. */
final class InterpretedMap implements StepKernel {
  private final PlanStep.Map step;

  InterpretedMap(PlanStep.Map step) {
    this.step = step;
  }

  @Override
  public void run(Frame f, int from, int to, int part, int parts) {
    Nest nest = step.nest();
    long n = nest.size();
    int operands = step.inputs().size();
    long[] bits = new long[operands];
    int[] at = new int[operands + 1];
    for (int m = from; m < to; m++) {
      for (long e = n * part / parts; e < n * (part + 1) / parts; e++) {
        for (int o = 0; o <= operands; o++) {
          at[o] = f.offset(o < operands ? step.inputs().get(o) : step.output(), m);
        }
        Elements.advance(nest, e, at);
        for (int o = 0; o < operands; o++) {
          bits[o] = Elements.bits(f.array(step.inputs().get(o)), at[o]);
        }
        Elements.set(f.array(step.output()), at[operands], ExprInterpreter.eval(step.body(), bits));
      }
    }
  }

  @Override
  public long cost() {
    return step.nest().size() * 50;
  }
}
