// SPDX-License-Identifier: Apache-2.0
package org.rigor.property;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Disjunctive normal form of formulas, enumerated depth first: a branch whose box is empty ends at
 * once, and branches without constraints on inputs share the box they begin with.
 */
final class NormalForm {
  /** Most clauses of a property. */
  static final int MOST = 1 << 20;

  private static final int REASONS = 3;
  private static final MathContext LOW = new MathContext(60, RoundingMode.FLOOR);
  private static final MathContext HIGH = new MathContext(60, RoundingMode.CEILING);

  private final int inputs;
  private final int outputs;
  private final List<Clause> clauses = new ArrayList<>();
  private final List<String> reasons = new ArrayList<>();
  private int dropped;

  NormalForm(int inputs, int outputs) {
    this.inputs = inputs;
    this.outputs = outputs;
  }

  /** Part of a clause: what is settled, and the disjunctions that are not. */
  private record Branch(InputBox box, List<Row> rows, List<Formula.Or> open) {}

  /** Rows and disjunctions of formulas that all hold. */
  private static final class Conjunction implements Formula.Visitor<Boolean> {
    private final List<Row> rows = new ArrayList<>();
    private final List<Formula.Or> open = new ArrayList<>();

    @Override
    public Boolean row(Row row) {
      return rows.add(row);
    }

    @Override
    public Boolean and(Formula.And and) {
      and.parts().forEach(p -> p.accept(this));
      return true;
    }

    @Override
    public Boolean or(Formula.Or or) {
      return or.parts().size() == 1 ? or.parts().get(0).accept(this) : open.add(or);
    }
  }

  /** A branch with one more formula, to be looked at when its turn comes. */
  private record Pending(Branch from, Formula with) {}

  Property of(List<Formula> all) {
    Deque<Pending> pending = new ArrayDeque<>();
    Branch whole = new Branch(InputBox.all(inputs), List.of(), List.of());
    pending.push(new Pending(whole, new Formula.And(all)));
    while (!pending.isEmpty()) {
      Pending next = pending.pop();
      Optional<Branch> branch = joined(next.from, next.with);
      if (branch.isEmpty()) {
        continue;
      }
      Branch b = branch.get();
      if (b.open.isEmpty()) {
        keep(new Clause(b.box, b.rows));
        continue;
      }
      List<Formula> parts = b.open.get(0).parts();
      Branch rest = new Branch(b.box, b.rows, b.open.subList(1, b.open.size()));
      for (int i = parts.size() - 1; i >= 0; i--) {
        pending.push(new Pending(rest, parts.get(i)));
      }
    }
    checkBounded();
    return new Property(inputs, outputs, clauses, reasons, dropped);
  }

  private void keep(Clause c) {
    if (clauses.size() == MOST) {
      throw new IllegalArgumentException(
          "has more than " + MOST + " clauses in disjunctive normal form");
    }
    clauses.add(c);
  }

  /** Returns a branch with one more formula, unless the formula contradicts it. */
  private Optional<Branch> joined(Branch from, Formula f) {
    Conjunction now = new Conjunction();
    f.accept(now);
    InputBox box = from.box;
    List<Row> rows = new ArrayList<>(from.rows);
    for (Row r : now.rows) {
      if (r.form().isConstant()) {
        if (!r.holds(r.form().constant())) {
          return drop("the constraint " + r + " never holds");
        }
      } else if (r.onInputs() && r.form().inputs().size() == 1) {
        box = box == from.box ? box.copy() : box;
        if (!shrink(box, r)) {
          rows.add(r);
        }
      } else {
        rows.add(r);
      }
    }
    Optional<String> empty = box.empty();
    InputBox within = box;
    if (empty.isEmpty()) {
      empty = rows.stream().filter(r -> never(r, within)).map(r -> r + " never holds").findFirst();
    }
    if (empty.isPresent()) {
      return drop(empty.get());
    }
    List<Formula.Or> open = new ArrayList<>(from.open);
    open.addAll(now.open);
    return Optional.of(new Branch(box, rows, open));
  }

  private Optional<Branch> drop(String why) {
    dropped++;
    if (reasons.size() < REASONS && !reasons.contains(why)) {
      reasons.add(why);
    }
    return Optional.empty();
  }

  /**
   * Shrinks a box by a row on one input; returns whether the box then says all that the row did.
   */
  private static boolean shrink(InputBox box, Row r) {
    int i = r.form().inputs().firstKey();
    BigDecimal factor = r.form().inputs().get(i);
    BigDecimal against = r.form().constant().negate();
    boolean one = factor.abs().compareTo(BigDecimal.ONE) == 0;
    if (factor.signum() > 0) {
      box.atMost(i, one ? against : against.divide(factor, HIGH));
    } else {
      box.atLeast(i, one ? against.negate() : against.divide(factor, LOW));
    }
    return one && !r.strict();
  }

  /** Returns whether a row on inputs alone holds nowhere in a box; an unbounded side may hold. */
  private static boolean never(Row r, InputBox box) {
    if (!r.onInputs()) {
      return false;
    }
    BigDecimal least = r.form().constant();
    for (var term : r.form().inputs().entrySet()) {
      int i = term.getKey();
      BigDecimal x = term.getValue().signum() > 0 ? box.lower(i) : box.upper(i);
      if (x == null) {
        return false;
      }
      least = least.add(term.getValue().multiply(x));
    }
    return !r.holds(least);
  }

  private void checkBounded() {
    Map<InputBox, Boolean> seen = new IdentityHashMap<>();
    for (Clause c : clauses) {
      if (seen.put(c.box(), true) == null) {
        c.box()
            .unbounded()
            .ifPresent(
                why -> {
                  throw new IllegalArgumentException(why + "; every input must lie in a box");
                });
      }
    }
  }
}
