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
 * Prints expressions in the Vector API, for a compiler without generics: raw types and casts. Uses
 * only operations whose every lane is the scalar operation, never the library's functions or
 * reductions. A truth value is a mask of the species that made it.
 */
final class VectorPrinter {
  /**
   * @param constants declarations that stand before all loops
   * @param statements the loop's body
   * @param results expression for each output
   */
  record Code(String constants, String statements, List<Vector> results) {}

  /**
   * A printed value.
   *
   * @param species element type of its vector; for a mask that of the vectors compared
   */
  record Vector(String name, ExprType species) {}

  private static final JavaPrinter JAVA = new JavaPrinter();
  private static final ExprType[] LANE_TYPES = {
    ExprType.F32, ExprType.F64, ExprType.I32, ExprType.I64
  };

  private final int lanes;

  VectorPrinter(int lanes) {
    this.lanes = lanes;
  }

  int lanes() {
    return lanes;
  }

  /** Declares one species of {@link #lanes} lanes for each type that has one. */
  String species() {
    StringBuilder s = new StringBuilder();
    for (ExprType t : LANE_TYPES) {
      int bits = lanes * t.bits();
      if (bits >= 64 && bits <= 512) {
        s.append(
            "  private static final VectorSpecies %s = %s.SPECIES_%d;\n"
                .formatted(species(t), type(t), bits));
      }
    }
    return s.toString();
  }

  /** Declares floor, which the library lacks: rounds |x| by adding 2^mantissa, then adjusts. */
  String floors() {
    StringBuilder s = new StringBuilder();
    for (ExprType t : new ExprType[] {ExprType.F32, ExprType.F64}) {
      if (lanes * t.bits() > 512) {
        continue;
      }
      String limit = t == ExprType.F32 ? "8388608.0f" : "4503599627370496.0";
      String signBit = t == ExprType.F32 ? "0x80000000" : "0x8000000000000000L";
      String v = type(t);
      String bits = type(t.bitcastPeer());
      s.append("  private static ").append(v).append(" floor(").append(v).append(" x) {\n");
      s.append("    %1$s a = x.abs();\n".formatted(v));
      s.append("    %1$s r = a.add(%2$s).sub(%2$s);\n".formatted(v, limit));
      s.append(
          ("    %1$s sign = (%1$s) ((%1$s) x.viewAsIntegralLanes())"
                  + ".lanewise(VectorOperators.AND, %2$s);\n")
              .formatted(bits, signBit));
      s.append(
          ("    %2$s w = (%2$s) ((%1$s) ((%1$s) r.viewAsIntegralLanes())"
                  + ".lanewise(VectorOperators.OR, sign)).viewAsFloatingLanes();\n")
              .formatted(bits, v));
      s.append(
          "    w = (%1$s) w.blend(w.sub(%2$s), w.compare(VectorOperators.GT, x));\n"
              .formatted(v, t == ExprType.F32 ? "1.0f" : "1.0"));
      s.append(
          "    return (%1$s) x.blend(w, a.compare(VectorOperators.LT, %2$s));\n  }\n"
              .formatted(v, limit));
    }
    return s.toString();
  }

  String load(LoopSource.Slot o) {
    ExprType t = o.type() == ExprType.BOOL ? ExprType.I32 : o.type();
    String load = "%1$s.fromArray(%2$s, a%3$s, i%3$s)".formatted(type(t), species(t), o.id());
    return o.type() == ExprType.BOOL
        ? "VectorMask %s = %s.compare(VectorOperators.NE, 0)".formatted(name(o), load)
        : "%s %s = %s".formatted(type(t), name(o), load);
  }

  String broadcast(LoopSource.Slot o) {
    return o.type() == ExprType.BOOL
        ? "VectorMask %2$s = IntVector.broadcast(%1$s, a%3$s[i%3$s]).compare(VectorOperators.NE, 0)"
            .formatted(species(ExprType.I32), name(o), o.id())
        : "%1$s %2$s = %1$s.broadcast(%3$s, a%4$s[i%4$s])"
            .formatted(type(o.type()), name(o), species(o.type()), o.id());
  }

  String store(LoopSource.Slot o, Vector value) {
    String v = value.name();
    if (o.type() == ExprType.BOOL) {
      String zero = "IntVector.zero(" + species(ExprType.I32) + ")";
      v = "((IntVector) %s.blend(1, %s))".formatted(zero, as(value, ExprType.I32));
    }
    return "%1$s.intoArray(a%2$s, i%2$s)".formatted(v, o.id());
  }

  private static String name(LoopSource.Slot o) {
    return "v" + o.id();
  }

  Code print(ExprKernel kernel) {
    Map<Expr, Vector> names = new IdentityHashMap<>();
    StringBuilder constants = new StringBuilder();
    StringBuilder body = new StringBuilder();
    for (Expr e : kernel.nodes()) {
      ExprType t = e.type() == ExprType.BOOL ? ExprType.I32 : e.type();
      if (e.op() == ExprOp.ARG) {
        names.put(e, new Vector("vx" + e.index(), t));
      } else if (e.op().isLeaf()) {
        Vector v = new Vector("c" + names.size(), t);
        names.put(e, v);
        constants.append("    final ").append(constant(e, v)).append(";\n");
      } else {
        List<Vector> x = new ArrayList<>();
        e.operands().forEach(operand -> x.add(names.get(operand)));
        ExprType kind = e.type() == ExprType.BOOL ? x.get(0).species() : e.type();
        Vector v = new Vector("w" + names.size(), kind);
        names.put(e, v);
        body.append("        ").append(e.type() == ExprType.BOOL ? "VectorMask" : type(kind));
        body.append(' ').append(v.name()).append(" = ").append(node(e, x)).append(";\n");
      }
    }
    return new Code(
        constants.toString(), body.toString(), kernel.outputs().stream().map(names::get).toList());
  }

  private String constant(Expr e, Vector v) {
    String scalar = e.op() == ExprOp.PARAM ? "p" + e.index() : JAVA.literal(e.type(), e.bits());
    return e.type() == ExprType.BOOL
        ? "VectorMask %s = %s.maskAll(%s)".formatted(v.name(), species(ExprType.I32), scalar)
        : "%1$s %2$s = %1$s.broadcast(%3$s, %4$s)"
            .formatted(type(e.type()), v.name(), species(e.type()), scalar);
  }

  private String node(Expr e, List<Vector> x) {
    String a = x.get(0).name();
    String b = x.size() > 1 ? x.get(1).name() : null;
    ExprType t = e.type();
    boolean mask = e.operand(0).type() == ExprType.BOOL;
    return switch (e.op()) {
      case ADD, SUB, MUL, DIV ->
          "%s.%s(%s)".formatted(a, e.op().name().toLowerCase(java.util.Locale.ROOT), b);
      case FMA -> "%s.fma(%s, %s)".formatted(a, b, x.get(2).name());
      case NEG -> "%s.neg()".formatted(a);
      case ABS -> "%s.abs()".formatted(a);
      case SQRT -> "%s.sqrt()".formatted(a);
      case FLOOR -> "floor(%s)".formatted(a);
      case LT, LE, GT, GE, EQ, NE -> "%s.compare(VectorOperators.%s, %s)".formatted(a, e.op(), b);
      case SELECT ->
          "(%s) %s.blend(%s, %s)".formatted(type(t), x.get(2).name(), b, as(x.get(0), t));
      case NOT -> mask ? a + ".not()" : "%s.not()".formatted(a);
      case AND, OR ->
          "%s.%s(%s)"
              .formatted(
                  a,
                  e.op().name().toLowerCase(java.util.Locale.ROOT),
                  mask ? as(x.get(1), x.get(0).species()) : b);
      case XOR ->
          mask
              ? "%s.eq(%s).not()".formatted(a, as(x.get(1), x.get(0).species()))
              : "(%s) %s.lanewise(VectorOperators.XOR, %s)".formatted(type(t), a, b);
      case SHL, SHR, USHR -> shift(e, a, b);
      case BITCAST ->
          "(%s) %s.%s()"
              .formatted(type(t), a, t.isFloat() ? "viewAsFloatingLanes" : "viewAsIntegralLanes");
      case CAST ->
          "(%s) %s.convertShape(VectorOperators.%s2%s, %s, 0)"
              .formatted(type(t), a, letter(e.operand(0).type()), letter(t), species(t));
      case ARG, PARAM, CONSTANT, LITERAL -> throw new IllegalStateException(e.op() + " is a leaf");
    };
  }

  private static String shift(Expr e, String a, String b) {
    String op =
        switch (e.op()) {
          case SHL -> "LSHL";
          case SHR -> "ASHR";
          default -> "LSHR";
        };
    Expr count = e.operand(1);
    int mask = e.type() == ExprType.I32 ? 31 : 63;
    String by = count.op() == ExprOp.LITERAL ? Long.toString(count.bits() & mask) : b;
    return "(%s) %s.lanewise(VectorOperators.%s, %s)".formatted(type(e.type()), a, op, by);
  }

  /**
   * Casts a mask to the species of {@code type}. Between lanes of different size by way of integer
   * lanes, for there JDK 17 copies the mask to an array.
   */
  private String as(Vector mask, ExprType type) {
    if (mask.species() == type) {
      return mask.name();
    }
    if (mask.species().bits() == type.bits()) {
      return mask.name() + ".cast(" + species(type) + ")";
    }
    ExprType from = integer(mask.species());
    ExprType to = integer(type);
    String ones = "%s.zero(%s).blend(-1, %s)".formatted(type(from), species(from), as(mask, from));
    String wide =
        "%s.convertShape(VectorOperators.%s2%s, %s, 0)"
            .formatted(ones, letter(from), letter(to), species(to));
    String cast = "((%s) %s).compare(VectorOperators.NE, 0)".formatted(type(to), wide);
    return to == type ? cast : cast + ".cast(" + species(type) + ")";
  }

  /** Returns the integer type of as many bits. */
  private static ExprType integer(ExprType type) {
    return type.isFloat() ? type.bitcastPeer() : type;
  }

  private static char letter(ExprType type) {
    return switch (type) {
      case F32 -> 'F';
      case F64 -> 'D';
      case I32 -> 'I';
      default -> 'L';
    };
  }

  private static String species(ExprType type) {
    return "S" + letter(type);
  }

  private static String type(ExprType type) {
    return switch (type) {
      case F32 -> "FloatVector";
      case F64 -> "DoubleVector";
      case I32 -> "IntVector";
      case I64 -> "LongVector";
      case BOOL -> "VectorMask";
    };
  }
}
