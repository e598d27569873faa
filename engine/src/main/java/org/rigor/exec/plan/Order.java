// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.plan;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.rigor.ir.Lowering;
import org.rigor.ir.Program;
import org.rigor.ir.Value;

/**
 * The order in which a plan computes its values: that of the program, except that a value is
 * computed as soon as that frees more memory than it takes. For example, a weight's gradient
 * directly follows the cotangent it needs; otherwise all activations would live until the last
 * cotangent is computed.
 */
final class Order {
  private final Program program;
  private final Fusion fusion;
  private final List<Value> units = new ArrayList<>();
  private final Map<Value, List<Value>> readers = new IdentityHashMap<>();
  private final Map<Value, Integer> missing = new IdentityHashMap<>();

  /** Number of units that have yet to read the storage of a value. */
  private final Map<Value, Integer> pending = new IdentityHashMap<>();

  private final Set<Value> kept = Collections.newSetFromMap(new IdentityHashMap<>());

  private Order(Program program, Fusion fusion) {
    this.program = program;
    this.fusion = fusion;
  }

  /** Returns every value that is computed separately, inputs left out. */
  static List<Value> of(Program program, Fusion fusion) {
    return new Order(program, fusion).run();
  }

  /** Returns what the computation of a value reads. */
  static List<Value> operands(Value v, Fusion fusion) {
    Fusion.Body b = fusion.body(v);
    return b == null ? v.inputs() : b.args();
  }

  /** Returns the value whose storage holds a value. */
  static Value storage(Value v, Fusion fusion) {
    Value r = v;
    while (!r.isInput() && fusion.lowering(r) instanceof Lowering.Alias) {
      r = r.input(0);
    }
    return r;
  }

  private List<Value> run() {
    prepare();
    List<Value> order = new ArrayList<>();
    List<Value> ready = new ArrayList<>();
    int next = 0;
    Set<Value> done = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Value u : units) {
      if (missing.get(u) == 0) {
        ready.add(u);
      }
    }
    while (order.size() < units.size()) {
      Value chosen = frees(ready);
      while (chosen == null) {
        Value u = units.get(next);
        if (done.contains(u)) {
          next++;
        } else {
          chosen = u;
        }
      }
      ready.remove(chosen);
      done.add(chosen);
      order.add(chosen);
      storages(chosen).forEach(s -> pending.merge(s, -1, Integer::sum));
      for (Value r : readers.getOrDefault(chosen, List.of())) {
        if (missing.merge(r, -1, Integer::sum) == 0) {
          ready.add(r);
        }
      }
    }
    return order;
  }

  private void prepare() {
    for (Value v : program.outputs().values()) {
      kept.add(storage(v, fusion));
    }
    for (Value v : program.nodes()) {
      if (v.isInput()) {
        kept.add(v);
      } else if (!fusion.isInlined(v)) {
        units.add(v);
      }
    }
    for (Value u : units) {
      Set<Value> needs = Collections.newSetFromMap(new IdentityHashMap<>());
      needs.addAll(operands(u, fusion));
      needs.removeIf(Value::isInput);
      needs.forEach(x -> readers.computeIfAbsent(x, k -> new ArrayList<>()).add(u));
      missing.put(u, needs.size());
      storages(u).forEach(s -> pending.merge(s, 1, Integer::sum));
    }
  }

  /** Returns the storages a unit reads; a view reads nothing, it only passes its storage on. */
  private Set<Value> storages(Value u) {
    Set<Value> all = Collections.newSetFromMap(new IdentityHashMap<>());
    if (!isView(u)) {
      operands(u, fusion).forEach(x -> all.add(storage(x, fusion)));
    }
    return all;
  }

  private boolean isView(Value u) {
    return fusion.lowering(u) instanceof Lowering.Alias;
  }

  /**
   * Returns the ready unit that frees most, or a view, which costs nothing; null if none frees any.
   */
  private Value frees(List<Value> ready) {
    Value best = null;
    long most = 0;
    for (Value u : ready) {
      if (isView(u)) {
        return u;
      }
      long gain = kept.contains(u) ? 0 : -bytes(u);
      for (Value s : storages(u)) {
        if (pending.get(s) == 1 && !kept.contains(s)) {
          gain += bytes(s);
        }
      }
      if (gain > most) {
        most = gain;
        best = u;
      }
    }
    return best;
  }

  private static long bytes(Value v) {
    return v.shape().size() * v.dtype().bytes();
  }
}
