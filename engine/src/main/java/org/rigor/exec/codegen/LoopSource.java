// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.codegen;

import java.util.ArrayList;
import java.util.List;
import org.rigor.ir.Expr;
import org.rigor.ir.ExprKernel;
import org.rigor.ir.ExprType;

/**
 * The parts common to both kinds of Java loop: operands unpacked from arrays, rows, the scalar
 * element.
 */
abstract class LoopSource {
  static final String NAME = "Kernel";
  private static final JavaPrinter JAVA = new JavaPrinter();

  final ExprKernel kernel;
  final List<Expr> args;

  LoopSource(ExprKernel kernel) {
    this.kernel = kernel;
    this.args = kernel.args();
  }

  /** One operand in memory: input {@code x} or output {@code y} with its number. */
  record Slot(String id, ExprType type, int position) {
    String array() {
      return type == ExprType.BOOL ? "int" : JAVA.type(type);
    }
  }

  final List<Slot> inputs() {
    List<Slot> slots = new ArrayList<>();
    args.forEach(a -> slots.add(new Slot("x" + a.index(), a.type(), a.index())));
    return slots;
  }

  /** Returns the outputs, numbered behind all arguments, used or not. */
  final List<Slot> outputs(int arguments) {
    List<Slot> slots = new ArrayList<>();
    for (int i = 0; i < kernel.outputs().size(); i++) {
      slots.add(new Slot("y" + i, kernel.outputs().get(i).type(), arguments + i));
    }
    return slots;
  }

  /** Prints the class; {@code arguments} is the number of input operands the caller passes. */
  final String print(int arguments) {
    List<Slot> all = new ArrayList<>(inputs());
    all.addAll(outputs(arguments));
    StringBuilder s = new StringBuilder(header());
    s.append("public final class ").append(NAME).append(" implements ");
    s.append(MapLoop.class.getName()).append(" {\n").append(members());
    s.append("  public void run(Object[] arrays, int[] at, int rows, int[] rowStrides,\n");
    s.append("      int n, int[] strides, long[] params) {\n");
    for (Slot o : all) {
      s.append(
          "    final %2$s[] a%1$s = (%2$s[]) arrays[%3$d];\n"
              .formatted(o.id, o.array(), o.position));
      s.append("    final int s%s = strides[%d];\n".formatted(o.id, o.position));
    }
    for (int p = 0; p < kernel.paramTypes().size(); p++) {
      s.append("    final ").append(parameter(p, kernel.paramTypes().get(p))).append(";\n");
    }
    s.append(beforeRows());
    s.append("    for (int row = 0; row < rows; row++) {\n");
    for (Slot o : all) {
      s.append(
          "      int i%1$s = at[%2$d] + row * rowStrides[%2$d];\n".formatted(o.id, o.position));
    }
    return s.append(row(arguments)).append("    }\n  }\n}\n").toString();
  }

  abstract String header();

  abstract String members();

  abstract String beforeRows();

  abstract String row(int arguments);

  /** Prints a loop over the elements from {@code from} on, one at a time, with any strides. */
  final String scalarLoop(String from, int arguments) {
    StringBuilder s = new StringBuilder();
    s.append("      for (int e = %s; e < n; e++) {\n".formatted(from));
    for (Slot o : inputs()) {
      String load = "a%1$s[i%1$s]".formatted(o.id);
      String value = o.type == ExprType.BOOL ? load + " != 0" : load;
      s.append("        %s %s = %s;\n".formatted(JAVA.type(o.type), o.id, value));
      s.append("        i%1$s += s%1$s;\n".formatted(o.id));
    }
    ScalarPrinter.Code code = JAVA.print(kernel, "        ");
    s.append(code.statements());
    List<Slot> out = outputs(arguments);
    for (int i = 0; i < out.size(); i++) {
      Slot o = out.get(i);
      String value = code.results().get(i);
      String stored = o.type == ExprType.BOOL ? value + " ? 1 : 0" : value;
      s.append("        a%1$s[i%1$s] = %2$s;\n".formatted(o.id, stored));
      s.append("        i%1$s += s%1$s;\n".formatted(o.id));
    }
    return s.append("      }\n").toString();
  }

  private static String parameter(int p, ExprType type) {
    String bits = "params[" + p + "]";
    String value =
        switch (type) {
          case F32 -> "Float.intBitsToFloat((int) " + bits + ")";
          case F64 -> "Double.longBitsToDouble(" + bits + ")";
          case I32 -> "(int) " + bits;
          case I64 -> bits;
          case BOOL -> bits + " != 0L";
        };
    return "%s p%d = %s".formatted(JAVA.type(type), p, value);
  }
}
