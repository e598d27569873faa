// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.codegen;

import java.util.List;
import org.rigor.ir.ExprOp;
import org.rigor.ir.ExprType;

/**
 * CUDA C++. Needs {@code --fmad=false} and NVRTC's defaults {@code --prec-div=true}, {@code
 * --prec-sqrt=true}, {@code --ftz=false}; with g++ {@code -ffp-contract=off}. Integer arithmetic
 * goes through unsigned types, where overflow is defined, and float to integer spells out
 * saturation and NaN, which devices and hosts treat differently.
 */
public final class CudaPrinter extends ScalarPrinter {
  @Override
  public String type(ExprType type) {
    return switch (type) {
      case F32 -> "float";
      case F64 -> "double";
      case I32 -> "int";
      case I64 -> "long long";
      case BOOL -> "bool";
    };
  }

  @Override
  public String literal(ExprType type, long bits) {
    return switch (type) {
      case F32 -> {
        float value = Float.intBitsToFloat((int) bits);
        boolean plain = Float.isFinite(value) && bits >= 0;
        yield plain ? value + "f" : "__int_as_float(%s)".formatted(integer32((int) bits));
      }
      case F64 -> {
        double value = Double.longBitsToDouble(bits);
        boolean plain = Double.isFinite(value) && bits >= 0;
        yield plain
            ? Double.toString(value)
            : "__longlong_as_double(%s)".formatted(integer64(bits));
      }
      case I32 -> integer32((int) bits);
      case I64 -> integer64(bits);
      case BOOL -> bits != 0 ? "true" : "false";
    };
  }

  private static String integer32(int value) {
    return "((int) 0x%08xu)".formatted(value);
  }

  private static String integer64(long value) {
    return "((long long) 0x%016xull)".formatted(value);
  }

  @Override
  String call(ExprOp op, ExprType type, List<String> x) {
    String suffix = type == ExprType.F32 ? "f" : "";
    return switch (op) {
      case ABS ->
          type.isFloat()
              ? "fabs" + suffix + "(" + x.get(0) + ")"
              : "%1$s < 0 ? %2$s : %1$s".formatted(x.get(0), integer(ExprOp.NEG, type, x));
      case SQRT -> "sqrt" + suffix + "(" + x.get(0) + ")";
      case FLOOR -> "floor" + suffix + "(" + x.get(0) + ")";
      default -> "fma" + suffix + "(" + String.join(", ", x) + ")";
    };
  }

  @Override
  String integer(ExprOp op, ExprType type, List<String> x) {
    String signed = type(type);
    String unsigned = "unsigned " + signed;
    String mask = type == ExprType.I32 ? "31" : "63";
    String a = "(" + unsigned + ") " + x.get(0);
    return switch (op) {
      case NEG -> "(%s) (0u - %s)".formatted(signed, a);
      case SHL -> "(%s) (%s << (%s & %s))".formatted(signed, a, x.get(1), mask);
      case SHR -> "%s >> (%s & %s)".formatted(x.get(0), x.get(1), mask);
      case USHR -> "(%s) ((%s) >> (%s & %s))".formatted(signed, a, x.get(1), mask);
      default -> "(%s) (%s %s (%s) %s)".formatted(signed, a, symbol(op), unsigned, x.get(1));
    };
  }

  @Override
  String cast(ExprType from, ExprType to, String x) {
    String plain = "(" + type(to) + ") " + x;
    if (!from.isFloat() || to.isFloat()) {
      return plain;
    }
    // The limits are exact in both float types: 2^31 or 2^63 and its negative.
    String suffix = from == ExprType.F32 ? "f" : "";
    String limit = (to == ExprType.I32 ? "2147483648.0" : "9223372036854775808.0") + suffix;
    String max = to == ExprType.I32 ? "0x7fffffff" : "0x7fffffffffffffffll";
    return "%1$s != %1$s ? 0 : %1$s >= %2$s ? %3$s : %1$s < -%2$s ? -%3$s - 1 : %4$s"
        .formatted(x, limit, max, plain);
  }

  @Override
  String bitcast(ExprType from, String x) {
    return switch (from) {
      case F32 -> "__float_as_int(" + x + ")";
      case F64 -> "__double_as_longlong(" + x + ")";
      case I32 -> "__int_as_float(" + x + ")";
      default -> "__longlong_as_double(" + x + ")";
    };
  }
}
