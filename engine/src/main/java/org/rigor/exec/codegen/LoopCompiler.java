// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.codegen;

import java.util.Optional;
import java.util.Set;
import org.rigor.cache.GeneratedCode;
import org.rigor.ir.ExprKernel;

/** Compiles kernels to loops: prints a class, compiles it or finds it compiled. */
public final class LoopCompiler {
  private LoopCompiler() {}

  /**
   * Compiles a loop in plain Java, for any strides.
   *
   * @param arguments input operands the caller passes; outputs follow them
   */
  public static MapLoop scalar(ExprKernel kernel, int arguments) {
    return compile(new ScalarLoopSource(kernel).print(arguments));
  }

  /** Returns what {@link #scalar} does if an earlier process left it; else empty. */
  public static Optional<MapLoop> keptScalar(ExprKernel kernel, int arguments) {
    String source = new ScalarLoopSource(kernel).print(arguments);
    return GeneratedCode.shared().kept(MapLoop.class, LoopSource.NAME, source);
  }

  /**
   * Compiles a loop in the Vector API, where the module is present. Inputs need stride 1, or 0 for
   * those in {@code repeated}; outputs need stride 1.
   *
   * @param bits width of a vector: 128, 256 or 512
   */
  public static MapLoop vector(ExprKernel kernel, int arguments, Set<Integer> repeated, int bits) {
    return compile(new VectorLoopSource(kernel, repeated, bits).print(arguments));
  }

  private static MapLoop compile(String source) {
    return GeneratedCode.shared().instance(MapLoop.class, LoopSource.NAME, source);
  }
}
