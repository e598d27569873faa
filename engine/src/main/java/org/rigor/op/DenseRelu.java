// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.Optional;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;

/**
 * Parts of {@code max(x W + b, 0)}, without rounding.
 *
 * @param weight W, F64 [M, D, U], a parameter
 * @param bias b, F64 [M, 1, U], a parameter
 */
public record DenseRelu(Value weight, Value bias) {
  /**
   * Returns the parts of a value that is one.
   *
   * @param x input [M, B, features...], of D features in all
   */
  public static Optional<DenseRelu> of(Value v, Value x) {
    if (!(v.op() instanceof Relu) || v.input(0).isInput()) {
      return Optional.empty();
    }
    Value z = v.input(0);
    if (!(z.op() instanceof Add) || z.input(0).isInput() || z.shape().rank() != 3) {
      return Optional.empty();
    }
    Value product = z.input(0);
    boolean dense = product.op().equals(new MatMul(false, false)) && plain(product.input(0)) == x;
    return dense && isParameter(product.input(1), x) && isParameter(z.input(1), x)
        ? Optional.of(new DenseRelu(product.input(1), z.input(1)))
        : Optional.empty();
  }

  private static Value plain(Value v) {
    Value of = v;
    while (F.isReshape(of)) {
      of = of.input(0);
    }
    return of;
  }

  private static boolean isParameter(Value v, Value x) {
    Value of = plain(v);
    return of.isInput() && of != x && v.dtype() == DType.F64 && v.shape().rank() == 3;
  }
}
