// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.Map;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Parameter;
import org.rigor.op.F;

/** The program that fills {@code awp/...}: the weights at which the update takes its gradient. */
final class AwpProgram {
  private AwpProgram() {}

  static Program trace(Rows rows, Awp awp, int sharedBytes) {
    Program.Builder b = Program.builder("perturb-weights");
    Inputs in = new Inputs(b, rows);
    Map<String, Value> params = in.parameters("param/");
    Derived d = Derived.trace(in, params, sharedBytes);
    Value radius = in.column("method/awp-radius");
    Value warmUp = in.ints("limit/awp-warm-up", rows.models(), 1);
    Value now = F.select(F.le(warmUp, in.counter("step")), radius, F.constant(radius, 0));
    for (Parameter p : rows.setup().network().parameters()) {
      String name = p.name();
      Value w = params.get(name);
      if (awp.perturbs(p)) {
        Value r = Inputs.ranked(now, w.shape().rank());
        b.output("awp/" + name, Awp.perturbed(w, d.gradients().get(name), r));
      } else if (!awp.learnsPerturbed() && d.buffers().containsKey(name)) {
        b.output("awp/" + name, d.buffers().get(name));
      }
    }
    return b.build();
  }
}
