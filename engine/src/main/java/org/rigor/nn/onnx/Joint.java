// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.rigor.diff.Diff;
import org.rigor.ir.Expr;
import org.rigor.ir.ExprType;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.Broadcast;
import org.rigor.op.Cast;
import org.rigor.op.Compare;
import org.rigor.op.F;
import org.rigor.op.Fill;
import org.rigor.op.Mul;
import org.rigor.op.Not;
import org.rigor.op.Pointwise;
import org.rigor.op.Reshape;
import org.rigor.op.Softplus;
import org.rigor.tensor.HostTensor;

/**
 * A choice by z &gt; t between two functions of z that meet at t, as exporters write ELU, leaky and
 * shrinking units, softplus and clipping. With U above and L below it is {@code L(min(z, t)) +
 * U(max(z, t)) - U(t)}, a continuous function that has bounds and slopes, where a choice has none.
 */
final class Joint {
  /** Largest jump at t, relative to the value there, that float32 does not show. */
  private static final double JUMP = 0x1p-24;

  private final Value z;
  private final double t;
  private final Map<Value, HostTensor> stated;
  private final Set<Value> moving = Collections.newSetFromMap(new IdentityHashMap<>());
  private final Map<Value, Optional<Expr>> known = new IdentityHashMap<>();

  private Joint(Value z, double t, Map<Value, HostTensor> stated) {
    this.z = z;
    this.t = t;
    this.stated = stated;
  }

  /**
   * Returns the function that takes {@code a} where a condition holds, else {@code b}.
   *
   * @param stated numbers of the file's constants
   * @param notes receives what is not exactly the file's function
   */
  static Value of(
      Value condition, Value a, Value b, Map<Value, HostTensor> stated, List<String> notes) {
    Value c = condition;
    boolean holds = true;
    while (c.op() instanceof Not) {
      c = c.input(0);
      holds = !holds;
    }
    if (c.op() instanceof Compare k && k.kind() != Compare.Kind.EQ && k.kind() != Compare.Kind.NE) {
      boolean greater = k.kind() == Compare.Kind.GT || k.kind() == Compare.Kind.GE;
      for (int side = 0; side < 2; side++) {
        Value z = c.input(side);
        OptionalDouble limit = new Joint(z, 0, stated).fixed(c.input(1 - side));
        if (limit.isPresent() && z.shape().equals(c.shape())) {
          boolean above = greater == (side == 0) == holds;
          Value out = chosen(z, limit.getAsDouble(), above ? a : b, above ? b : a, stated, notes);
          if (out != null) {
            return out;
          }
        }
      }
    }
    return F.select(condition, a, b);
  }

  /** Returns U where z is above t, else L; null if they are not functions of z that meet there. */
  private static Value chosen(
      Value z, double t, Value u, Value l, Map<Value, HostTensor> stated, List<String> notes) {
    Value own = new Joint(z, t, stated).of(u, l, notes);
    if (own != null || !(z.op() instanceof Mul)) {
      return own;
    }
    for (int i = 0; i < 2; i++) { // z = k x, both functions of x
      OptionalDouble k = new Joint(z.input(1 - i), 0, stated).fixed(z.input(i));
      if (k.isPresent() && k.getAsDouble() > 0 && z.input(1 - i).shape().equals(z.shape())) {
        return new Joint(z.input(1 - i), t / k.getAsDouble(), stated).of(u, l, notes);
      }
    }
    return null;
  }

  /** Returns the function with U above t and L below; null if they do not meet. */
  private Value of(Value upper, Value lower, List<String> notes) {
    Optional<Expr> u = at(upper);
    Optional<Expr> l = at(lower);
    if (u.isEmpty() || l.isEmpty()) {
      return null;
    }
    double value = u.get().value();
    double jump = Math.abs(value - l.get().value());
    if (!(jump <= JUMP * Math.abs(value)) || !moves(upper) && !moves(lower)) {
      return null;
    }
    if (jump > 0) {
      notes.add(
          "a choice that jumps by %.1e at %s, less than float32 shows, is read as continuous"
              .formatted(jump, t));
    }
    if (t > 0 && upper == z && lower.op() instanceof Softplus && lower.input(0) == z) {
      return lower; // further above, they differ by less
    }
    if (t == 0 && upper == z && isMultiple(lower)) {
      Value factor = lower.input(lower.input(0) == z ? 1 : 0);
      return F.leakyRelu(z, at(factor).orElseThrow().value());
    }
    Value above = substitute(upper, t == 0 ? F.relu(z) : F.maximum(z, F.constant(z, t)));
    if (!moves(lower)) {
      return above;
    }
    Value below = substitute(lower, F.minimum(z, F.constant(z, t)));
    if (!moves(upper)) {
      return below;
    }
    return F.add(below, value == 0 ? above : F.sub(above, F.constant(above, value)));
  }

  private boolean isMultiple(Value v) {
    boolean product = v.op() instanceof Mul && (v.input(0) == z || v.input(1) == z);
    return product && !(moves(v.input(0)) && moves(v.input(1)));
  }

  private Value substitute(Value v, Value by) {
    return Diff.substitute(List.of(v), Map.of(z, by)).get(0);
  }

  /** Returns the one number of a value that does not depend on z; empty if there is none. */
  private OptionalDouble fixed(Value v) {
    return at(v).isPresent() && !moves(v)
        ? OptionalDouble.of(at(v).orElseThrow().value())
        : OptionalDouble.empty();
  }

  /** Returns whether a value depends on z. */
  private boolean moves(Value v) {
    look(v);
    return moving.contains(v);
  }

  /** Returns the one number of all elements where z is t; empty if there is none. */
  private Optional<Expr> at(Value v) {
    look(v);
    return known.get(v);
  }

  private void look(Value y) {
    if (known.containsKey(y)) {
      return;
    }
    for (Value v : Program.topological(List.of(y))) {
      if (!known.containsKey(v)) {
        if (v == z || v.inputs().stream().anyMatch(moving::contains)) {
          moving.add(v);
        }
        known.put(v, Optional.ofNullable(number(v)));
      }
    }
  }

  private Expr number(Value v) {
    if (v == z) {
      return Expr.constant(ExprType.F64, t);
    }
    HostTensor given = stated.get(v);
    if (given != null || v.op() instanceof Fill) {
      boolean one = given == null || given.shape().size() == 1;
      double value = given == null ? ((Fill) v.op()).value() : given.get(0);
      return one ? Expr.constant(ExprType.F64, value) : null;
    }
    if (v.isInput()) {
      return null;
    }
    if (v.op() instanceof Reshape || v.op() instanceof Broadcast) {
      return moving.contains(v) ? null : known.get(v.input(0)).orElse(null);
    }
    if (!(v.op() instanceof Pointwise f) || v.op() instanceof Cast) {
      return null;
    }
    List<Expr> operands = new ArrayList<>();
    for (Value x : v.inputs()) {
      Optional<Expr> of = known.get(x);
      if (of.isEmpty() || moving.contains(x) && !x.shape().equals(v.shape())) {
        return null;
      }
      operands.add(of.get());
    }
    Expr value = f.body(operands);
    return value.isConstant() ? value : null;
  }
}
