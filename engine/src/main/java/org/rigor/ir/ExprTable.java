// SPDX-License-Identifier: Apache-2.0
package org.rigor.ir;

import java.lang.ref.WeakReference;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;

/** Intern table: the one instance of every live expression node. Unreferenced nodes are dropped. */
final class ExprTable {
  private static final Map<Expr, WeakReference<Expr>> NODES = new WeakHashMap<>();

  private ExprTable() {}

  static Expr leaf(ExprOp op, ExprType type, long payload) {
    return intern(new Expr(op, type, payload, List.of()));
  }

  static Expr node(ExprOp op, ExprType type, List<Expr> operands) {
    return intern(new Expr(op, type, 0, operands));
  }

  private static synchronized Expr intern(Expr candidate) {
    WeakReference<Expr> known = NODES.get(candidate);
    Expr existing = known == null ? null : known.get();
    if (existing != null) {
      return existing;
    }
    NODES.put(candidate, new WeakReference<>(candidate));
    return candidate;
  }
}
