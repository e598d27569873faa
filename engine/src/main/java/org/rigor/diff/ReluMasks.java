// SPDX-License-Identifier: Apache-2.0
package org.rigor.diff;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.Compare;
import org.rigor.op.F;
import org.rigor.op.Fill;
import org.rigor.op.Relu;

/**
 * Rewrite of x &gt; 0 as relu(x) &gt; 0 where relu(x) is computed anyway. The bits stay the same,
 * but the backward pass no longer needs the pre-activation x, whose computation fuses with the
 * activation's kernel. For programs that train and attack; a program that asks whether x clears the
 * kink needs x itself.
 */
public final class ReluMasks {
  private ReluMasks() {}

  public static Program run(Program p) {
    Set<Value> activated = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Value v : p.nodes()) {
      if (v.op() instanceof Relu) {
        activated.add(v.input(0));
      }
    }
    Map<Value, Value> renamed = new IdentityHashMap<>();
    Map<Value, Value> activations = new IdentityHashMap<>();
    for (Value v : p.nodes()) {
      List<Value> in = v.inputs().stream().map(renamed::get).toList();
      if (v.op() instanceof Relu) {
        renamed.put(v, activations.computeIfAbsent(v.input(0), x -> v.withInputs(in)));
      } else if (isPositive(v) && activated.contains(v.input(0))) {
        Value y = activations.computeIfAbsent(v.input(0), x -> F.relu(in.get(0)));
        renamed.put(v, v.withInputs(List.of(y, in.get(1))));
      } else {
        renamed.put(v, v.isInput() ? v : v.withInputs(in));
      }
    }
    Map<String, Value> outputs = new LinkedHashMap<>();
    p.outputs().forEach((name, v) -> outputs.put(name, renamed.get(v)));
    return p.withOutputs(outputs);
  }

  private static boolean isPositive(Value v) {
    return v.op() instanceof Compare c
        && c.kind() == Compare.Kind.GT
        && v.input(1).op() instanceof Fill f
        && f.value() == 0;
  }
}
