// SPDX-License-Identifier: Apache-2.0
package org.rigor.bench;

import java.util.function.IntToDoubleFunction;
import org.codehaus.commons.compiler.CompileException;
import org.codehaus.janino.SimpleCompiler;

/** The peak float rate of one thread, on registers alone. */
final class FmaPeak {
  private static final int CHAINS = 12;
  private static final int STEPS = 20_000;

  private FmaPeak() {}

  /** Returns GFLOP/s, the best of some hundred tries; a fused multiply-add counts as two. */
  static double measure() {
    IntToDoubleFunction loop = compile();
    double lanes = loop.applyAsDouble(-1);
    double best = Double.POSITIVE_INFINITY;
    double sink = 0;
    for (int i = 0; i < 600; i++) {
      long start = System.nanoTime();
      sink += loop.applyAsDouble(STEPS);
      best = Math.min(best, (System.nanoTime() - start) * 1e-9);
    }
    if (Double.isNaN(sink)) {
      throw new IllegalStateException("the peak loop must stay finite");
    }
    return 2.0 * lanes * CHAINS * STEPS / best * 1e-9;
  }

  private static IntToDoubleFunction compile() {
    StringBuilder s = new StringBuilder();
    s.append("import jdk.incubator.vector.*;\n")
        .append("public class Peak implements java.util.function.IntToDoubleFunction {\n")
        .append("static final VectorSpecies S = FloatVector.SPECIES_PREFERRED;\n")
        .append("public double applyAsDouble(int n) { if (n < 0) return S.length();\n")
        .append("FloatVector x = FloatVector.broadcast(S, 0.999f);\n");
    for (int i = 0; i < CHAINS; i++) {
      s.append("FloatVector s%d = FloatVector.broadcast(S, %df);%n".formatted(i, i));
    }
    s.append("for (int k = 0; k < n; k++) {\n");
    for (int i = 0; i < CHAINS; i++) {
      s.append("s%1$d = s%1$d.fma(x, x);%n".formatted(i));
    }
    s.append("}\nreturn s0");
    for (int i = 1; i < CHAINS; i++) {
      s.append(".add(s%d)".formatted(i));
    }
    s.append(".lane(0); } }");
    SimpleCompiler compiler = new SimpleCompiler();
    compiler.setParentClassLoader(FmaPeak.class.getClassLoader());
    try {
      compiler.cook(s.toString());
      return (IntToDoubleFunction)
          compiler.getClassLoader().loadClass("Peak").getDeclaredConstructor().newInstance();
    } catch (CompileException | ReflectiveOperationException e) {
      throw new IllegalStateException("cannot compile the peak loop", e);
    }
  }
}
