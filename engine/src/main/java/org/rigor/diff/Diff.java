// SPDX-License-Identifier: Apache-2.0
package org.rigor.diff;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;

/** Transforms of traced values. Results are ordinary values, so the transforms compose. */
public final class Diff {
  private Diff() {}

  /**
   * Returns the cotangents of {@code wrt} given the cotangent {@code ct} of {@code y}; zeros where
   * none flow.
   */
  public static List<Value> vjp(Value y, Value ct, List<Value> wrt) {
    return vjp(List.of(y), List.of(ct), wrt);
  }

  /** Returns the cotangents of {@code wrt} given one cotangent for each of {@code ys}. */
  public static List<Value> vjp(List<Value> ys, List<Value> cts, List<Value> wrt) {
    List<Value> order = Program.topological(ys);
    Set<Value> active = downstream(order, wrt);
    Map<Value, Value> bar = new IdentityHashMap<>();
    for (int i = 0; i < ys.size(); i++) {
      bar.merge(ys.get(i), cts.get(i), F::add);
    }
    Set<Value> leaves = identitySet(wrt);
    for (int n = order.size() - 1; n >= 0; n--) {
      Value v = order.get(n);
      Value ct = bar.get(v);
      if (ct == null || v.isInput() || !active.contains(v) || leaves.contains(v)) {
        continue;
      }
      List<Value> cotangents = v.op().vjp(v, ct);
      for (int i = 0; i < cotangents.size(); i++) {
        if (cotangents.get(i) != null && active.contains(v.input(i))) {
          bar.merge(v.input(i), cotangents.get(i), F::add);
        }
      }
    }
    return wrt.stream().map(w -> bar.containsKey(w) ? bar.get(w) : zeros(w)).toList();
  }

  /** Returns the gradient of the sum of all elements of {@code loss}. */
  public static List<Value> grad(Value loss, List<Value> wrt) {
    return vjp(loss, F.fill(loss.dtype(), loss.shape(), 1), wrt);
  }

  /** Returns the gradient of the sum of all elements of {@code loss}. */
  public static Value grad(Value loss, Value wrt) {
    return grad(loss, List.of(wrt)).get(0);
  }

  /** Returns the tangents of {@code ys} when {@code wrt} moves along {@code tangents}. */
  public static List<Value> jvp(List<Value> ys, List<Value> wrt, List<Value> tangents) {
    Map<Value, Value> dot = new IdentityHashMap<>();
    for (int i = 0; i < wrt.size(); i++) {
      dot.put(wrt.get(i), tangents.get(i));
    }
    for (Value v : Program.topological(ys)) {
      if (v.isInput() || dot.containsKey(v)) {
        continue;
      }
      List<Value> in = new ArrayList<>();
      boolean moves = false;
      for (Value x : v.inputs()) {
        Value t = x.dtype().isFloating() ? dot.get(x) : null;
        in.add(t);
        moves |= t != null;
      }
      Value t = moves ? v.op().jvp(v, in) : null;
      if (t != null) {
        dot.put(v, t);
      }
    }
    return ys.stream().map(y -> dot.containsKey(y) ? dot.get(y) : zeros(y)).toList();
  }

  /** Returns the Hessian of the sum of {@code loss} times {@code v}: forward over reverse. */
  public static Value hvp(Value loss, Value wrt, Value v) {
    return jvp(List.of(grad(loss, wrt)), List.of(wrt), List.of(v)).get(0);
  }

  /**
   * Returns {@code ys} with an axis of extent {@code extent} after the model axis, computed from
   * stacked versions of some values. Anything that does not depend on those is not replicated.
   *
   * @param stacked replaces a value [M, rest] by one of [M, extent, rest]
   * @throws IllegalArgumentException if a replacement has another shape
   */
  public static List<Value> stack(List<Value> ys, Map<Value, Value> stacked, int extent) {
    Map<Value, Value> env = new IdentityHashMap<>();
    stacked.forEach(
        (v, s) -> {
          if (!s.shape().equals(v.shape().with(0, s.shape().models()).insert(1, extent))) {
            throw new IllegalArgumentException(
                "stack: "
                    + v.type()
                    + " needs a stacked value with axis 1 of extent "
                    + extent
                    + ", got "
                    + s.type());
          }
          env.put(v, s);
        });
    for (Value v : Program.topological(ys)) {
      if (v.isInput() || env.containsKey(v)) {
        continue;
      }
      List<Value> in = new ArrayList<>();
      List<Boolean> flags = new ArrayList<>();
      for (Value x : v.inputs()) {
        in.add(env.getOrDefault(x, x));
        flags.add(env.containsKey(x));
      }
      if (flags.contains(true)) {
        env.put(v, v.op().stack(v, in, flags, extent));
      }
    }
    return ys.stream()
        .map(
            y ->
                env.containsKey(y)
                    ? env.get(y)
                    : F.broadcast(
                        F.reshape(y, y.shape().insert(1, 1)), y.shape().insert(1, extent)))
        .toList();
  }

  /** Replaces values by others of equal type, rebuilding what depends on them. */
  public static List<Value> substitute(List<Value> ys, Map<Value, Value> replacement) {
    Map<Value, Value> env = new IdentityHashMap<>(replacement);
    for (Value v : Program.topological(ys)) {
      if (!v.isInput() && !env.containsKey(v)) {
        env.put(v, v.withInputs(v.inputs().stream().map(x -> env.getOrDefault(x, x)).toList()));
      }
    }
    return ys.stream().map(y -> env.getOrDefault(y, y)).toList();
  }

  private static Set<Value> downstream(List<Value> order, List<Value> wrt) {
    Set<Value> active = identitySet(wrt);
    for (Value v : order) {
      for (Value x : v.inputs()) {
        if (active.contains(x)) {
          active.add(v);
          break;
        }
      }
    }
    return active;
  }

  private static Set<Value> identitySet(Collection<Value> values) {
    Set<Value> s = Collections.newSetFromMap(new IdentityHashMap<>());
    s.addAll(values);
    return s;
  }

  private static Value zeros(Value like) {
    return F.fill(like.dtype(), like.shape(), 0);
  }
}
