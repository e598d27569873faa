// SPDX-License-Identifier: Apache-2.0
package org.rigor.ir;

import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Elimination of common subexpressions and dead code, and op-level folding. Keeps every bit of
 * every output: an op folds only where IEEE arithmetic allows it.
 */
public final class Simplify {
  private record Key(Op op, List<Value> inputs) {}

  private Simplify() {}

  public static Program run(Program p) {
    Map<Value, Value> renamed = new IdentityHashMap<>();
    Map<Key, Value> known = new HashMap<>();
    for (Value v : p.nodes()) {
      if (v.isInput()) {
        renamed.put(v, v);
        continue;
      }
      Value same = v.withInputs(v.inputs().stream().map(renamed::get).toList());
      Value folded = fold(same);
      if (!folded.type().equals(v.type())) {
        throw new IllegalStateException(v.op() + " folded to another type: " + folded);
      }
      renamed.put(v, intern(folded, known));
    }
    Map<String, Value> outputs = new LinkedHashMap<>();
    p.outputs().forEach((name, v) -> outputs.put(name, renamed.get(v)));
    return p.withOutputs(outputs);
  }

  /** Folds to a fixed point; it terminates because every fold makes the value simpler. */
  private static Value fold(Value v) {
    Value before = v;
    Value after = v.op().fold(v);
    while (after != before && !after.isInput()) {
      before = after;
      after = after.op().fold(after);
    }
    return after;
  }

  /** Interns every node that a fold may have built, operands first. */
  private static Value intern(Value v, Map<Key, Value> known) {
    if (v.isInput()) {
      return v;
    }
    Value same = known.get(new Key(v.op(), v.inputs()));
    if (same != null) {
      return same;
    }
    Value w = v.withInputs(v.inputs().stream().map(x -> intern(x, known)).toList());
    return known.computeIfAbsent(new Key(w.op(), w.inputs()), k -> w);
  }
}
