// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.plan;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.rigor.ir.Expr;
import org.rigor.ir.ExprType;
import org.rigor.ir.Lowering;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.tensor.Shape;

/**
 * Decides which elementwise nodes are computed inside their consumer. A producer joins a map, or
 * the map in front of a reduction, if it iterates over the same shape and all its consumers are in
 * there too; a constant always joins. A fused kernel has at most {@link #MAX_NODES} nodes.
 */
final class Fusion {
  /**
   * Most nodes of a fused kernel. Larger ones are slow on the CPU: measured 2 ns per element at 30
   * nodes, 600 at 250.
   */
  static final int MAX_NODES = 48;

  /**
   * A body over materialised values.
   *
   * @param members values that it computes
   */
  record Body(Expr expr, List<Value> args, Set<Value> members) {}

  private final Map<Value, Lowering> lowerings = new IdentityHashMap<>();
  private final Map<Value, Set<Value>> consumers = new IdentityHashMap<>();
  private final Set<Value> outputs = set();
  private final Map<Value, Body> bodies = new IdentityHashMap<>();
  private final Set<Value> inlined = set();

  Fusion(Program p, boolean enabled) {
    outputs.addAll(p.outputs().values());
    for (Value v : p.nodes()) {
      if (!v.isInput()) {
        lowerings.put(v, v.op().lower(v));
        v.inputs().forEach(x -> consumers.computeIfAbsent(x, k -> set()).add(v));
      }
    }
    for (Value v : p.nodes()) {
      Lowering l = lowerings.get(v);
      if (l instanceof Lowering.Map m) {
        bodies.put(v, merge(v, v.shape(), m.body(), enabled));
      } else if (l instanceof Lowering.Reduce r) {
        bodies.put(v, merge(v, iteration(v), r.body(), enabled));
      }
    }
    inlined.addAll(candidates(p));
  }

  /** Returns the shape a reduction runs over. */
  static Shape iteration(Value reduction) {
    return reduction.input(0).shape();
  }

  Lowering lowering(Value v) {
    return lowerings.get(v);
  }

  Body body(Value v) {
    return bodies.get(v);
  }

  /** Returns whether the value has no kernel that computes it alone. */
  boolean isInlined(Value v) {
    return inlined.contains(v);
  }

  private Body merge(Value v, Shape iteration, Expr body, boolean enabled) {
    Body merged = new Body(body, v.inputs(), set());
    merged.members().add(v);
    Set<Value> tried = set();
    Value x = enabled ? joining(merged, iteration, tried) : null;
    while (x != null) {
      Body joined = inline(merged, x, bodies.get(x));
      merged = joined.expr().nodeCount() <= MAX_NODES ? joined : merged;
      tried.add(x);
      x = joining(merged, iteration, tried);
    }
    return merged;
  }

  /** Returns the first argument whose producer may join a body; null if there is none. */
  private Value joining(Body body, Shape iteration, Set<Value> tried) {
    for (Value x : body.args()) {
      Body producer = bodies.get(x);
      if (producer == null || tried.contains(x) || !(lowerings.get(x) instanceof Lowering.Map)) {
        continue;
      }
      boolean constant = producer.args().isEmpty() && producer.expr().isConstant();
      boolean within =
          x.shape().equals(iteration)
              && !outputs.contains(x)
              && body.members().containsAll(consumers.get(x));
      if (constant || within) {
        return x;
      }
    }
    return null;
  }

  /** Replaces every argument that is {@code x} by its body and renumbers the arguments. */
  private static Body inline(Body body, Value x, Body producer) {
    List<Value> joined = new ArrayList<>();
    for (Value a : body.args()) {
      if (a != x && !joined.contains(a)) {
        joined.add(a);
      }
    }
    for (Value a : producer.args()) {
      if (!joined.contains(a)) {
        joined.add(a);
      }
    }
    List<Expr> leaves = new ArrayList<>();
    for (Value a : producer.args()) {
      leaves.add(leaf(joined, a));
    }
    Expr inner = producer.expr().substitute(leaves);
    List<Expr> outer = new ArrayList<>();
    for (Value a : body.args()) {
      outer.add(a == x ? inner : leaf(joined, a));
    }
    Set<Value> members = set();
    members.addAll(body.members());
    members.addAll(producer.members());
    return new Body(body.expr().substitute(outer), joined, members);
  }

  private static Set<Value> set() {
    return Collections.newSetFromMap(new IdentityHashMap<>());
  }

  private static Expr leaf(List<Value> args, Value a) {
    return Expr.arg(args.indexOf(a), ExprType.of(a.dtype()));
  }

  /** Returns the map values that no body, no other lowering and no output needs. */
  private Set<Value> candidates(Program p) {
    Set<Value> needed = set();
    needed.addAll(p.outputs().values());
    for (int n = p.nodes().size() - 1; n >= 0; n--) {
      Value v = p.nodes().get(n);
      if (v.isInput() || !needed.contains(v)) {
        continue;
      }
      Body b = bodies.get(v);
      needed.addAll(b == null ? v.inputs() : b.args());
    }
    Set<Value> unneeded = set();
    for (Value v : p.nodes()) {
      if (!needed.contains(v)) {
        unneeded.add(v);
      }
    }
    return unneeded;
  }
}
