// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.code;

import java.util.List;
import org.rigor.exec.codegen.CudaPrinter;
import org.rigor.exec.codegen.ScalarPrinter;
import org.rigor.ir.Expr;
import org.rigor.ir.ExprKernel;
import org.rigor.ir.ExprType;

/**
 * The elementwise part of a map or reduction, as the struct that map.cuh and reduce.cuh expect. A
 * map may have several results; a reduction folds its single one.
 */
final class BodySource {
  private static final CudaPrinter CUDA = new CudaPrinter();

  private final ExprKernel kernel;
  private final List<Expr> args;
  private final String name;

  BodySource(ExprKernel kernel) {
    this.kernel = kernel;
    this.args = kernel.args();
    this.name = "Body_" + KernelSource.hash(kernel.key());
  }

  String name() {
    return name;
  }

  /** Returns the operands that the body reads; no others are passed. */
  List<Expr> args() {
    return args;
  }

  long[] params() {
    return kernel.params();
  }

  ExprType result() {
    return result(0);
  }

  ExprType result(int i) {
    return kernel.outputs().get(i).type();
  }

  int results() {
    return kernel.outputs().size();
  }

  /** Returns the type in memory: a boolean is an int. */
  static String stored(ExprType type) {
    return type == ExprType.BOOL ? "int" : CUDA.type(type);
  }

  String text() {
    StringBuilder s = new StringBuilder("struct ").append(name).append(" {\n");
    s.append("  typedef ").append(stored(result())).append(" Result;\n");
    s.append("  static constexpr int INPUTS = %d;\n".formatted(args.size()));
    s.append("  static constexpr int OUTPUTS = %d;\n".formatted(results()));
    s.append("  static constexpr int PARAMS = %d;\n".formatted(kernel.paramTypes().size()));
    s.append("  static __device__ constexpr int bytes(int operand) {\n    return ");
    for (int o = 0; o < args.size(); o++) {
      if (args.get(o).type().bits() == 64) {
        s.append("operand == %d ? 8 : ".formatted(o));
      }
    }
    s.append("4;\n  }\n");
    s.append("  template <int N> struct Inputs {\n");
    for (Expr a : args) {
      s.append("    %s x%d[N];\n".formatted(stored(a.type()), a.index()));
    }
    s.append("  };\n  template <int N> struct Outputs {\n");
    for (int r = 0; r < results(); r++) {
      s.append("    Pack<%s, N> y%d;\n".formatted(stored(result(r)), r));
    }
    s.append("  };\n");
    s.append("  template <int N> static __device__ __forceinline__ void load(Inputs<N>& in,\n");
    s.append("      void* const* at, const long long* i, const bool* repeated) {\n");
    for (int o = 0; o < args.size(); o++) {
      s.append(
          "    fetch(in.x%1$d, at[%2$d], i[%2$d], repeated[%2$d]);\n"
              .formatted(args.get(o).index(), o));
    }
    s.append("  }\n");
    s.append("  template <int N> static __device__ __forceinline__ void store(\n");
    s.append("      const Outputs<N>& out, void* const* at, const long long* i) {\n");
    for (int r = 0; r < results(); r++) {
      s.append(
          "    *(Pack<%1$s, N>*)((%1$s*)at[%2$d] + i[%2$d]) = out.y%3$d;\n"
              .formatted(stored(result(r)), args.size() + r, r));
    }
    s.append("  }\n");
    s.append("  template <int N> static __device__ __forceinline__ void eval(\n");
    s.append("      const Inputs<N>& in, Outputs<N>& out, int k, const long long* param) {\n");
    for (Expr a : args) {
      String load = "in.x" + a.index() + "[k]" + (a.type() == ExprType.BOOL ? " != 0" : "");
      s.append("    const %s x%d = %s;\n".formatted(CUDA.type(a.type()), a.index(), load));
    }
    for (int p = 0; p < kernel.paramTypes().size(); p++) {
      ExprType type = kernel.paramTypes().get(p);
      s.append(
          "    const %s p%d = %s;\n"
              .formatted(CUDA.type(type), p, parameter(type, "param[" + p + "]")));
    }
    ScalarPrinter.Code code = CUDA.print(kernel, "    ");
    s.append(code.statements());
    for (int r = 0; r < results(); r++) {
      String value = code.results().get(r);
      s.append("    out.y%d.v[k] = %s".formatted(r, value));
      s.append(result(r) == ExprType.BOOL ? " ? 1 : 0;\n" : ";\n");
    }
    return s.append("  }\n};\n").toString();
  }

  /** Returns the expression of a constant given by its bits. */
  static String parameter(ExprType type, String bits) {
    return switch (type) {
      case F32 -> "__int_as_float((int)" + bits + ")";
      case F64 -> "__longlong_as_double(" + bits + ")";
      case I32 -> "(int)" + bits;
      case I64 -> bits;
      case BOOL -> bits + " != 0";
    };
  }
}
