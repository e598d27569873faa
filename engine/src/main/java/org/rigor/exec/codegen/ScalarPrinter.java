// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.codegen;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.ir.Expr;
import org.rigor.ir.ExprKernel;
import org.rigor.ir.ExprOp;
import org.rigor.ir.ExprType;

/**
 * Prints a kernel's expressions as straight-line code for one element, one local variable per node.
 * The code reads operand i from {@code xi} and parameter i from {@code pi}, which the caller
 * declares, and leaves output i in the variable {@link Code#results}{@code .get(i)}.
 *
 * <p>One unnested statement per node also keeps a C++ compiler from contracting across nodes where
 * its options allow contraction within a statement.
 */
public abstract class ScalarPrinter {
  /**
   * @param statements the printed lines
   * @param results name of the variable or operand holding each output
   */
  public record Code(String statements, List<String> results) {}

  /** Prints {@code kernel} with every line behind {@code indent}. */
  public final Code print(ExprKernel kernel, String indent) {
    Map<Expr, String> names = new IdentityHashMap<>();
    StringBuilder out = new StringBuilder();
    for (Expr e : kernel.nodes()) {
      switch (e.op()) {
        case ARG -> names.put(e, "x" + e.index());
        case PARAM -> names.put(e, "p" + e.index());
        case LITERAL -> names.put(e, literal(e.type(), e.bits()));
        case CONSTANT -> throw new IllegalStateException("a kernel has no CONSTANT left");
        default -> {
          List<String> x = new ArrayList<>();
          e.operands().forEach(operand -> x.add(names.get(operand)));
          String name = "v" + names.size();
          names.put(e, name);
          out.append(indent).append(type(e.type())).append(' ').append(name).append(" = ");
          out.append(node(e, e.operand(0).type(), x)).append(";\n");
        }
      }
    }
    return new Code(out.toString(), kernel.outputs().stream().map(names::get).toList());
  }

  /** Returns the type name of a local variable. */
  public abstract String type(ExprType type);

  /** Returns a constant of these bits. */
  public abstract String literal(ExprType type, long bits);

  abstract String call(ExprOp op, ExprType type, List<String> x);

  abstract String integer(ExprOp op, ExprType type, List<String> x);

  abstract String cast(ExprType from, ExprType to, String x);

  abstract String bitcast(ExprType from, String x);

  private String node(Expr e, ExprType from, List<String> x) {
    ExprOp op = e.op();
    return switch (op) {
      case SELECT -> x.get(0) + " ? " + x.get(1) + " : " + x.get(2);
      case CAST -> cast(from, e.type(), x.get(0));
      case BITCAST -> bitcast(from, x.get(0));
      case LT, LE, GT, GE, EQ, NE -> x.get(0) + " " + symbol(op) + " " + x.get(1);
      case NOT -> from == ExprType.BOOL ? "!" + x.get(0) : "~" + x.get(0);
      case AND, OR, XOR -> x.get(0) + " " + symbol(op) + " " + x.get(1);
      case ABS, SQRT, FLOOR, FMA -> call(op, e.type(), x);
      default -> {
        if (!from.isFloat()) {
          yield integer(op, e.type(), x);
        }
        yield op == ExprOp.NEG ? "-" + x.get(0) : x.get(0) + " " + symbol(op) + " " + x.get(1);
      }
    };
  }

  static String symbol(ExprOp op) {
    return switch (op) {
      case ADD -> "+";
      case SUB -> "-";
      case MUL -> "*";
      case DIV -> "/";
      case AND -> "&";
      case OR -> "|";
      case XOR -> "^";
      case LT -> "<";
      case LE -> "<=";
      case GT -> ">";
      case GE -> ">=";
      case EQ -> "==";
      case NE -> "!=";
      default -> throw new IllegalArgumentException(op + " has no symbol");
    };
  }
}
