// SPDX-License-Identifier: Apache-2.0
package org.rigor.ir;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Unit that a device compiles: expressions evaluated together, with their program constants
 * replaced by numbered parameters, and the parameters' values. The {@link #key} identifies the
 * kernel: two kernels with one key are the same code.
 *
 * @param outputs one expression per output, over {@link ExprOp#ARG} and {@link ExprOp#PARAM} leaves
 * @param paramTypes type of each parameter
 * @param paramBits bits of each parameter, see {@link Expr#bits}
 * @param key canonical text of {@code outputs}
 */
public record ExprKernel(
    List<Expr> outputs, List<ExprType> paramTypes, List<Long> paramBits, String key) {

  /** Returns the kernel that computes all of {@code expressions} over the same operands. */
  public static ExprKernel of(List<Expr> expressions) {
    if (expressions.isEmpty()) {
      throw new IllegalArgumentException("kernel: needs at least one expression, got none");
    }
    Map<Expr, Expr> params = new IdentityHashMap<>();
    List<ExprType> types = new ArrayList<>();
    List<Long> bits = new ArrayList<>();
    for (Expr e : ExprWalk.topological(expressions)) {
      if (e.op() == ExprOp.CONSTANT) {
        params.put(e, Expr.param(bits.size(), e.type()));
        types.add(e.type());
        bits.add(e.bits());
      }
    }
    List<Expr> outputs = ExprWalk.replace(expressions, params);
    return new ExprKernel(outputs, List.copyOf(types), List.copyOf(bits), ExprWalk.text(outputs));
  }

  /** Returns all nodes of all outputs, operands before users. */
  public List<Expr> nodes() {
    return ExprWalk.topological(outputs);
  }

  /** Returns the distinct operands, by ascending index. */
  public List<Expr> args() {
    return ExprWalk.args(outputs);
  }

  /** Counts the distinct operations of all outputs together, without leaves. */
  public int nodeCount() {
    return (int) nodes().stream().filter(e -> !e.op().isLeaf()).count();
  }

  /** Returns the parameter bits as an array. */
  public long[] params() {
    return paramBits.stream().mapToLong(Long::longValue).toArray();
  }
}
