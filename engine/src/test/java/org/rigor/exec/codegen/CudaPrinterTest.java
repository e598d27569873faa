// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.codegen;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.ir.Expr;
import org.rigor.ir.ExprInterpreter;
import org.rigor.ir.ExprKernel;
import org.rigor.ir.ExprType;
import org.rigor.ir.fn.Functions;

/** The printed CUDA C++, compiled for the host, against the interpreter. */
class CudaPrinterTest {
  private static final int N = 40;
  private static final String SHIM =
      """
      #include <cmath>
      #include <cstdio>
      #include <cstring>
      template <class T, class F> static T as(F x) { T y; memcpy(&y, &x, sizeof y); return y; }
      static int __float_as_int(float x) { return as<int>(x); }
      static float __int_as_float(int x) { return as<float>(x); }
      static long long __double_as_longlong(double x) { return as<long long>(x); }
      static double __longlong_as_double(long long x) { return as<double>(x); }
      static void out(float x) { printf("%d\\n", x != x ? 0x7fc00000 : __float_as_int(x)); }
      static void out(double x) {
        printf("%lld\\n", x != x ? 0x7ff8000000000000ll : __double_as_longlong(x));
      }
      static void out(int x) { printf("%d\\n", x); }
      static void out(bool x) { printf("%d\\n", (int) x); }
      """;

  @TempDir Path folder;

  @Test
  void hasTheInterpretersBits() throws IOException, InterruptedException {
    List<ExprKernel> kernels = new ArrayList<>();
    for (int seed = 0; seed < 60; seed++) {
      kernels.add(RandomTrees.kernel(seed));
    }
    Expr x = Expr.arg(0, ExprType.F32);
    Expr y = Expr.arg(1, ExprType.F64);
    kernels.add(ExprKernel.of(List.of(Functions.tanh(x), Functions.erf(y))));
    kernels.add(ExprKernel.of(List.of(Functions.log(x), Functions.softplus(y))));
    kernels.add(ExprKernel.of(List.of(Functions.sin(x), Functions.pow(x, x))));
    List<Object> operands = new ArrayList<>();
    for (int a = 0; a < RandomTrees.ARGUMENTS.size(); a++) {
      operands.add(RandomTrees.operand(RandomTrees.ARGUMENTS.get(a), N, a));
    }
    List<String> lines = run(source(kernels, operands));
    int line = 0;
    for (ExprKernel kernel : kernels) {
      ExprInterpreter interpreter = ExprInterpreter.of(kernel);
      for (int i = 0; i < N; i++) {
        long[] want = interpreter.run(element(operands, i));
        for (int k = 0; k < want.length; k++) {
          ExprType type = kernel.outputs().get(k).type();
          assertThat(Long.parseLong(lines.get(line++)))
              .as("output %d, element %d of%n%s", k, i, kernel.key())
              .isEqualTo(oneNaN(type, want[k]));
        }
      }
    }
  }

  private static long[] element(List<Object> operands, int i) {
    long[] x = new long[operands.size()];
    for (int a = 0; a < x.length; a++) {
      x[a] =
          switch (RandomTrees.ARGUMENTS.get(a)) {
            case F32 -> Float.floatToIntBits(((float[]) operands.get(a))[i]);
            case F64 -> Double.doubleToLongBits(((double[]) operands.get(a))[i]);
            default -> ((int[]) operands.get(a))[i];
          };
    }
    return x;
  }

  private static long oneNaN(ExprType type, long bits) {
    boolean nan = type.isFloat() && Double.isNaN(ExprInterpreter.toDouble(type, bits));
    return nan ? ExprInterpreter.bits(type, Double.NaN) : bits;
  }

  private static String source(List<ExprKernel> kernels, List<Object> operands) {
    CudaPrinter printer = new CudaPrinter();
    StringBuilder s = new StringBuilder(SHIM);
    StringBuilder parameters = new StringBuilder();
    for (int a = 0; a < operands.size(); a++) {
      ExprType type = RandomTrees.ARGUMENTS.get(a);
      s.append("static volatile long long d%d[] = {".formatted(a));
      for (int i = 0; i < N; i++) {
        s.append(printer.literal(ExprType.I64, element(operands, i)[a])).append(", ");
      }
      s.append("};\n");
      parameters.append(a > 0 ? ", " : "").append(printer.type(type)).append(" x").append(a);
    }
    StringBuilder main = new StringBuilder("int main() {\n");
    for (int k = 0; k < kernels.size(); k++) {
      ExprKernel kernel = kernels.get(k);
      ScalarPrinter.Code code = printer.print(kernel, "  ");
      s.append("static void k%d(%s) {\n".formatted(k, parameters));
      for (int p = 0; p < kernel.paramTypes().size(); p++) {
        ExprType type = kernel.paramTypes().get(p);
        String literal = printer.literal(type, kernel.paramBits().get(p));
        s.append("  %s p%d = %s;\n".formatted(printer.type(type), p, literal));
      }
      s.append(code.statements());
      code.results().forEach(result -> s.append("  out(").append(result).append(");\n"));
      s.append("}\n");
      main.append("  for (int i = 0; i < %d; i++) k%d(".formatted(N, k));
      main.append("__int_as_float((int) d0[i]), __longlong_as_double(d1[i]), (int) d2[i], ");
      main.append("d3[i] != 0, __int_as_float((int) d4[i]));\n");
    }
    return s.append(main).append("}\n").toString();
  }

  private List<String> run(String source) throws IOException, InterruptedException {
    Path file = Files.writeString(folder.resolve("kernels.cpp"), source);
    Path program = folder.resolve("kernels");
    List<String> compile =
        List.of("g++", "-O2", "-ffp-contract=off", "-w", "-o", program.toString(), file.toString());
    Process compiler;
    try {
      compiler = new ProcessBuilder(compile).inheritIO().start();
    } catch (IOException e) {
      Assumptions.abort("no g++: " + e.getMessage());
      return List.of();
    }
    assertThat(compiler.waitFor(120, TimeUnit.SECONDS)).isTrue();
    assertThat(compiler.exitValue()).isZero();
    Path output = folder.resolve("output");
    Process run = new ProcessBuilder(program.toString()).redirectOutput(output.toFile()).start();
    assertThat(run.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return Files.readAllLines(output);
  }
}
