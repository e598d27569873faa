// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import java.util.Arrays;
import org.rigor.ir.Value;
import org.rigor.linalg.GramNorm;
import org.rigor.linalg.Rounding;
import org.rigor.linalg.RowSumNorm;
import org.rigor.op.MatMul;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;

/** Certified norm of a product with a fixed matrix, as a linear map. */
final class AffineNorm {
  private AffineNorm() {}

  /**
   * Returns an upper bound of the norm of A to A W (operand 0 moves) or A to W A (operand 1 moves),
   * which map each row or column separately. With W known to lie within R of C, {@code ||W|| <=
   * ||C|| + ||R||}. {@link #require} must have passed.
   */
  static double of(MatMul product, int moving, SideValues.Sides w, int model, Norm norm) {
    Shape s = w.shape();
    int rows = s.dim(-2);
    int cols = s.dim(-1);
    int size = rows * cols;
    double[] centre = w.centre(model);
    double[] radius = w.radius(model);
    double most = 0;
    for (int at = 0; at < centre.length; at += size) {
      double[] c = Arrays.copyOfRange(centre, at, at + size);
      double[] r = Arrays.copyOfRange(radius, at, at + size);
      // A row a goes to a W: for the maximum norm the columns of op(W) are summed.
      boolean sumColumns = (moving == 0) != (moving == 0 ? product.tb() : product.ta());
      double here =
          w.exact()
              ? one(c, rows, cols, sumColumns, norm)
              : Rounding.addUp(
                  one(c, rows, cols, sumColumns, norm), one(r, rows, cols, sumColumns, norm));
      most = Math.max(most, here);
    }
    return most;
  }

  /**
   * @throws org.rigor.ir.MissingRuleException if the product has no rule
   */
  static void require(Value v, MatMul product, int moving) {
    Shape s = v.input(1 - moving).shape();
    Shape own = v.input(moving).shape();
    for (int a = 1; a < s.rank() - 2; a++) {
      if (s.dim(a) != 1 && s.dim(a) != own.dim(a)) {
        throw ProductSlopes.refused(v, "it repeats what depends on the input");
      }
    }
    boolean batchInside = v.shape().rank() == 3 && (moving == 1 || product.ta());
    if (batchInside) {
      throw ProductSlopes.refused(v, "samples must be rows");
    }
  }

  private static double one(double[] w, int rows, int cols, boolean sumColumns, Norm norm) {
    if (norm == Norm.L2) {
      return GramNorm.upper(w, rows, cols);
    }
    return sumColumns
        ? RowSumNorm.upper(transposed(w, rows, cols), cols, rows)
        : RowSumNorm.upper(w, rows, cols);
  }

  private static double[] transposed(double[] a, int rows, int cols) {
    double[] t = new double[a.length];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < cols; c++) {
        t[c * rows + r] = a[r * cols + c];
      }
    }
    return t;
  }
}
