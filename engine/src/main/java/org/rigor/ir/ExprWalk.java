// SPDX-License-Identifier: Apache-2.0
package org.rigor.ir;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Iterative walks over expression graphs that visit each distinct node once. */
final class ExprWalk {
  private ExprWalk() {}

  /** Returns all nodes below the roots, operands before users, in a fixed order. */
  static List<Expr> topological(List<Expr> roots) {
    List<Expr> order = new ArrayList<>();
    Map<Expr, Boolean> done = new IdentityHashMap<>();
    Deque<Expr> stack = new ArrayDeque<>();
    for (Expr root : roots) {
      stack.push(root);
      while (!stack.isEmpty()) {
        Expr top = stack.peek();
        if (done.containsKey(top)) {
          stack.pop();
          continue;
        }
        boolean ready = true;
        for (int i = top.operands().size() - 1; i >= 0; i--) {
          Expr operand = top.operand(i);
          if (!done.containsKey(operand)) {
            stack.push(operand);
            ready = false;
          }
        }
        if (ready) {
          stack.pop();
          done.put(top, true);
          order.add(top);
        }
      }
    }
    return order;
  }

  static List<Expr> args(List<Expr> roots) {
    Map<Integer, Expr> byIndex = new TreeMap<>();
    for (Expr e : topological(roots)) {
      if (e.op() == ExprOp.ARG) {
        Expr other = byIndex.put(e.index(), e);
        if (other != null) {
          throw new IllegalStateException(
              "arg " + e.index() + " has two types: " + other.type() + " and " + e.type());
        }
      }
    }
    return List.copyOf(byIndex.values());
  }

  static List<Expr> substitute(List<Expr> roots, List<Expr> replacements) {
    Map<Expr, Expr> leaves = new IdentityHashMap<>();
    for (Expr arg : args(roots)) {
      if (arg.index() >= replacements.size()) {
        throw new IllegalArgumentException(
            "substitute: no replacement for arg " + arg.index() + " of " + replacements.size());
      }
      Expr replacement = replacements.get(arg.index());
      if (replacement.type() != arg.type()) {
        throw new IllegalArgumentException(
            "substitute: arg "
                + arg.index()
                + " is "
                + arg.type()
                + ", its replacement is "
                + replacement.type());
      }
      leaves.put(arg, replacement);
    }
    return replace(roots, leaves);
  }

  /**
   * Returns the roots with some leaves replaced; the other nodes are rebuilt and so folded again.
   */
  static List<Expr> replace(List<Expr> roots, Map<Expr, Expr> leaves) {
    Map<Expr, Expr> made = new IdentityHashMap<>();
    for (Expr e : topological(roots)) {
      made.put(e, e.op().isLeaf() ? leaves.getOrDefault(e, e) : rebuild(e, made));
    }
    return roots.stream().map(made::get).toList();
  }

  private static Expr rebuild(Expr e, Map<Expr, Expr> made) {
    Expr[] operands = new Expr[e.operands().size()];
    boolean changed = false;
    for (int i = 0; i < operands.length; i++) {
      operands[i] = made.get(e.operand(i));
      changed |= operands[i] != e.operand(i);
    }
    return changed ? ExprFold.make(e.op(), e.type(), operands) : e;
  }

  static String text(List<Expr> roots) {
    Map<Expr, Integer> number = new IdentityHashMap<>();
    StringBuilder out = new StringBuilder();
    for (Expr e : topological(roots)) {
      int n = number.size();
      number.put(e, n);
      out.append('%').append(n).append(' ').append(e.type()).append(' ');
      out.append(e.op().name().toLowerCase(Locale.ROOT));
      if (e.isConstant()) {
        out.append(' ').append(e.type().isFloat() ? Double.toHexString(e.value()) : e.bits());
      } else if (e.op().isLeaf()) {
        out.append(' ').append(e.index());
      }
      for (Expr operand : e.operands()) {
        out.append(" %").append(number.get(operand));
      }
      out.append('\n');
    }
    out.append("->");
    for (Expr root : roots) {
      out.append(" %").append(number.get(root));
    }
    return out.toString();
  }
}
