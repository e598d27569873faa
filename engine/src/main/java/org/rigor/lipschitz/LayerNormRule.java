// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import org.rigor.ir.Value;
import org.rigor.linalg.Rounding;
import org.rigor.op.Add;
import org.rigor.op.Div;
import org.rigor.op.Fill;
import org.rigor.op.Mul;
import org.rigor.op.Sqrt;
import org.rigor.op.Sub;
import org.rigor.op.Sum;
import org.rigor.threat.Norm;

/**
 * Rule for the two steps of a layer or group norm over n elements of a sample, which rules for
 * single operations would bound badly or not at all.
 *
 * <p>Centring, c = x - mean(x), is a projection: norm 1, in the maximum norm 2 - 2/n. Scaling, u =
 * c / s with s^2 = mean(c^2) + e, has the Jacobian (I - c c' / (n s^2)) / s, symmetric with
 * eigenvalues 1/s and e / s^3, so its norm is at most 1/s &lt;= 1/sqrt(e). In the maximum norm the
 * row sums are at most (1 + |c_i| sum|c| / (n s^2)) / s &lt;= (1 + sqrt(n)) / sqrt(e), as |c_i|
 * &lt;= sqrt(n) s and sum|c| &lt;= n s.
 */
final class LayerNormRule {
  private LayerNormRule() {}

  static boolean applies(Value v) {
    return isCentring(v) || !Double.isNaN(stabiliser(v));
  }

  /** Returns an upper bound of the norm of the step with respect to its first operand. */
  static double factor(Value v, Norm norm) {
    if (isCentring(v)) {
      long n = v.shape().size() / v.input(1).shape().size();
      return norm == Norm.L2 ? 1 : Math.nextUp(2 - 2.0 / n);
    }
    long n = v.shape().size() / v.input(1).shape().size();
    double slope = Math.nextUp(1 / Rounding.sqrtDown(stabiliser(v)));
    double spread = norm == Norm.L2 ? 1 : Rounding.addUp(1, Rounding.sqrtUp(n));
    return Rounding.mulUp(slope, spread);
  }

  private static boolean isCentring(Value v) {
    return v.op() instanceof Sub && isMean(v.input(1), v.input(0));
  }

  /** Returns whether m = sum(x) / n over n elements of each sample. */
  private static boolean isMean(Value m, Value x) {
    long n = x.shape().size() / m.shape().size();
    return m.op() instanceof Div
        && m.input(1).op() instanceof Fill f
        && f.value() == n
        && m.input(0).op() instanceof Sum s
        && s.axes().stream().allMatch(a -> a >= 2)
        && m.input(0).input(0) == x;
  }

  /** Returns e if v is c / sqrt(mean(c c) + e) with a positive constant e; else NaN. */
  private static double stabiliser(Value v) {
    boolean quotient = v.op() instanceof Div && v.input(1).op() instanceof Sqrt;
    if (!quotient || !(v.input(1).input(0).op() instanceof Add)) {
      return Double.NaN;
    }
    Value c = v.input(0);
    Value sum = v.input(1).input(0);
    boolean constant = sum.input(1).op() instanceof Fill f && f.value() > 0;
    Value variance = sum.input(0);
    if (!constant || !(variance.op() instanceof Div)) {
      return Double.NaN;
    }
    Value total = variance.input(0);
    boolean square =
        total.op() instanceof Sum
            && total.input(0).op() instanceof Mul
            && total.input(0).input(0) == c
            && total.input(0).input(1) == c;
    boolean mean = square && isMean(variance, total.input(0));
    return mean ? ((Fill) sum.input(1).op()).value() : Double.NaN;
  }
}
