// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import org.rigor.exec.plan.Operand;
import org.rigor.exec.plan.PlanStep;
import org.rigor.ir.Lowering;

/** An op's own kernel through its plain Java reference, model by model or item by item. */
final class LaunchKernel implements StepKernel {
  private final PlanStep.Launch step;

  LaunchKernel(PlanStep.Launch step) {
    this.step = step;
  }

  @Override
  public void run(Frame f, int from, int to, int part, int parts) {
    int n = to - from;
    if (step.launch().reference() instanceof Lowering.Items items) {
      long all = (long) n * items.count();
      long first = all * part / parts;
      long end = all * (part + 1) / parts;
      while (first < end) {
        int m = (int) (first / items.count());
        long start = (long) m * items.count();
        int last = (int) Math.min(items.count(), end - start);
        items.range().run(inputs(f, from + m), output(f, from + m), (int) (first - start), last);
        first = start + last;
      }
      return;
    }
    for (int m = from + n * part / parts; m < from + n * (part + 1) / parts; m++) {
      step.launch().reference().run(inputs(f, m), output(f, m));
    }
  }

  private Lowering.Block[] inputs(Frame f, int model) {
    Lowering.Block[] in = new Lowering.Block[step.inputs().size()];
    for (int i = 0; i < in.length; i++) {
      Operand o = step.inputs().get(i);
      in[i] = new Lowering.Block(f.array(o), f.offset(o, model));
    }
    return in;
  }

  private Lowering.Block output(Frame f, int model) {
    return new Lowering.Block(f.array(step.output()), f.offset(step.output(), model));
  }

  @Override
  public long cost() {
    int each = step.launch().blocks().map(b -> 64 * b.threads()).orElse(4);
    return (long) each * step.launch().items();
  }
}
