// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import org.rigor.exec.codegen.MapLoop;
import org.rigor.ir.ExprInterpreter;
import org.rigor.ir.ExprKernel;

/** A loop over the reference interpreter: slow, but available at once, for work done once. */
final class InterpretedLoop implements MapLoop {
  private final ExprInterpreter interpreter;
  private final int arguments;
  private final int outputs;

  InterpretedLoop(ExprKernel kernel, int arguments) {
    this.interpreter = ExprInterpreter.of(kernel);
    this.arguments = arguments;
    this.outputs = kernel.outputs().size();
  }

  @Override
  public void run(
      Object[] arrays, int[] at, int rows, int[] rowStrides, int n, int[] strides, long[] params) {
    long[] x = new long[arguments];
    for (int r = 0; r < rows; r++) {
      for (int i = 0; i < n; i++) {
        for (int a = 0; a < arguments; a++) {
          x[a] = Elements.bits(arrays[a], at[a] + r * rowStrides[a] + i * strides[a]);
        }
        long[] y = interpreter.run(x, params);
        for (int k = 0; k < outputs; k++) {
          int o = arguments + k;
          Elements.set(arrays[o], at[o] + r * rowStrides[o] + i * strides[o], y[k]);
        }
      }
    }
  }
}
