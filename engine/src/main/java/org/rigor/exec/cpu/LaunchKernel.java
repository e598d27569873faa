// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import org.rigor.exec.plan.PlanStep;
import org.rigor.ir.Lowering;

/** An op's own kernel through its plain Java reference, model by model. */
final class LaunchKernel implements StepKernel {
  private final PlanStep.Launch step;

  LaunchKernel(PlanStep.Launch step) {
    this.step = step;
  }

  @Override
  public void run(Frame f, int from, int to, int part, int parts) {
    int n = to - from;
    for (int m = from + n * part / parts; m < from + n * (part + 1) / parts; m++) {
      Lowering.Block[] in = new Lowering.Block[step.inputs().size()];
      for (int i = 0; i < in.length; i++) {
        in[i] =
            new Lowering.Block(f.array(step.inputs().get(i)), f.offset(step.inputs().get(i), m));
      }
      step.launch()
          .reference()
          .run(in, new Lowering.Block(f.array(step.output()), f.offset(step.output(), m)));
    }
  }

  @Override
  public long cost() {
    return 4L * step.launch().items();
  }
}
