// SPDX-License-Identifier: Apache-2.0
package org.rigor.ir;

import java.util.List;

/** Node factory that folds what is exact for every input, both zeros and infinities included. */
final class ExprFold {
  private ExprFold() {}

  static Expr make(ExprOp op, ExprType type, Expr... operands) {
    Expr folded = constants(op, type, operands);
    if (folded == null) {
      folded = identity(op, operands);
    }
    return folded != null ? folded : ExprTable.node(op, type, List.of(operands));
  }

  /**
   * Builds a maximum ({@code better} is GT) or minimum (LT): {@code a} where it is strictly better
   * or NaN, else {@code b}. With a constant operand that is not NaN, one comparison suffices.
   */
  static Expr extremum(ExprOp better, ExprOp notBetter, ExprType type, Expr a, Expr b) {
    if (!type.isFloat() || notNaN(a)) {
      return Expr.select(make(better, ExprType.BOOL, a, b), a, b);
    }
    if (notNaN(b)) {
      return Expr.select(make(notBetter, ExprType.BOOL, a, b), b, a);
    }
    Expr first = Expr.or(make(better, ExprType.BOOL, a, b), Expr.ne(a, a));
    return Expr.select(first, a, b);
  }

  private static boolean notNaN(Expr e) {
    return e.isConstant() && !Double.isNaN(e.value());
  }

  private static Expr constants(ExprOp op, ExprType type, Expr[] operands) {
    boolean literal = true;
    long[] bits = new long[operands.length];
    for (int i = 0; i < operands.length; i++) {
      if (!operands[i].isConstant()) {
        return null;
      }
      literal &= operands[i].op() == ExprOp.LITERAL;
      bits[i] = operands[i].bits();
    }
    long value = ExprInterpreter.apply(op, type, operands[0].type(), bits);
    // A truth value is never worth a parameter.
    boolean kernel = literal || type == ExprType.BOOL;
    return ExprTable.leaf(kernel ? ExprOp.LITERAL : ExprOp.CONSTANT, type, value);
  }

  private static Expr identity(ExprOp op, Expr[] x) {
    return switch (op) {
      case ADD -> isAdditiveZero(x[1]) ? x[0] : isAdditiveZero(x[0]) ? x[1] : null;
      // x - 0 keeps -0; x + 0 would not.
      case SUB -> x[1].isConstant() && x[1].bits() == 0 ? x[0] : null;
      case MUL -> isOne(x[1]) ? x[0] : isOne(x[0]) ? x[1] : null;
      case DIV -> isOne(x[1]) ? x[0] : null;
      case NEG, NOT -> x[0].op() == op ? x[0].operand(0) : null;
      case ABS -> {
        boolean signOnly = x[0].type().isFloat() && x[0].op() == ExprOp.NEG;
        yield x[0].op() == ExprOp.ABS ? x[0] : signOnly ? Expr.abs(x[0].operand(0)) : null;
      }
      case BITCAST -> x[0].op() == ExprOp.BITCAST ? x[0].operand(0) : null;
      case AND, OR -> truth(op, x);
      case SELECT -> {
        if (x[0].isConstant()) {
          yield x[0].bits() != 0 ? x[1] : x[2];
        }
        yield x[1] == x[2] ? x[1] : null;
      }
      default -> null;
    };
  }

  private static Expr truth(ExprOp op, Expr[] x) {
    if (x[0] == x[1]) {
      return x[0];
    }
    if (x[0].type() != ExprType.BOOL) {
      return null;
    }
    for (int i = 0; i < 2; i++) {
      if (x[i].isConstant()) {
        boolean neutral = (x[i].bits() != 0) == (op == ExprOp.AND);
        return neutral ? x[1 - i] : x[i];
      }
    }
    return null;
  }

  private static boolean isAdditiveZero(Expr e) {
    if (!e.isConstant()) {
      return false;
    }
    return e.type().isFloat() ? e.value() == 0 && 1 / e.value() < 0 : e.bits() == 0;
  }

  private static boolean isOne(Expr e) {
    return e.isConstant() && e.type() != ExprType.BOOL && e.value() == 1;
  }
}
