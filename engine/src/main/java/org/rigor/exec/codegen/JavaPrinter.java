// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.codegen;

import java.util.List;
import org.rigor.ir.ExprOp;
import org.rigor.ir.ExprType;

/** Scalar Java: the language's own semantics are those of the nodes. */
public final class JavaPrinter extends ScalarPrinter {
  @Override
  public String type(ExprType type) {
    return switch (type) {
      case F32 -> "float";
      case F64 -> "double";
      case I32 -> "int";
      case I64 -> "long";
      case BOOL -> "boolean";
    };
  }

  @Override
  public String literal(ExprType type, long bits) {
    return switch (type) {
      case F32 -> {
        float value = Float.intBitsToFloat((int) bits);
        boolean plain = Float.isFinite(value) && bits >= 0;
        yield plain ? value + "f" : "Float.intBitsToFloat(" + (int) bits + ")";
      }
      case F64 -> {
        double value = Double.longBitsToDouble(bits);
        boolean plain = Double.isFinite(value) && bits >= 0;
        yield plain ? Double.toString(value) : "Double.longBitsToDouble(" + bits + "L)";
      }
      case I32 -> "(" + (int) bits + ")";
      case I64 -> "(" + bits + "L)";
      case BOOL -> bits != 0 ? "true" : "false";
    };
  }

  @Override
  String call(ExprOp op, ExprType type, List<String> x) {
    String call =
        switch (op) {
          case ABS -> "Math.abs(" + x.get(0) + ")";
          case SQRT -> "Math.sqrt(" + x.get(0) + ")";
          case FLOOR -> "Math.floor(" + x.get(0) + ")";
          default -> "Math.fma(" + String.join(", ", x) + ")";
        };
    boolean viaDouble = type == ExprType.F32 && (op == ExprOp.SQRT || op == ExprOp.FLOOR);
    return viaDouble ? "(float) " + call : call;
  }

  @Override
  String integer(ExprOp op, ExprType type, List<String> x) {
    return switch (op) {
      case NEG -> "-" + x.get(0);
      case SHL -> x.get(0) + " << " + count(type, x);
      case SHR -> x.get(0) + " >> " + count(type, x);
      case USHR -> x.get(0) + " >>> " + count(type, x);
      default -> x.get(0) + " " + symbol(op) + " " + x.get(1);
    };
  }

  private static String count(ExprType type, List<String> x) {
    return type == ExprType.I64 ? "(int) " + x.get(1) : x.get(1);
  }

  @Override
  String cast(ExprType from, ExprType to, String x) {
    return "(" + type(to) + ") " + x;
  }

  @Override
  String bitcast(ExprType from, String x) {
    return switch (from) {
      case F32 -> "Float.floatToRawIntBits(" + x + ")";
      case F64 -> "Double.doubleToRawLongBits(" + x + ")";
      case I32 -> "Float.intBitsToFloat(" + x + ")";
      default -> "Double.longBitsToDouble(" + x + ")";
    };
  }
}
