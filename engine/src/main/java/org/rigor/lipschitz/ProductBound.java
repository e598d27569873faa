// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import java.util.IdentityHashMap;
import java.util.Map;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.linalg.GramNorm;
import org.rigor.linalg.RowSumNorm;
import org.rigor.nn.Network;
import org.rigor.op.Add;
import org.rigor.op.LeakyRelu;
import org.rigor.op.MatMul;
import org.rigor.op.Neg;
import org.rigor.op.Relu;
import org.rigor.op.Reshape;
import org.rigor.op.Sigmoid;
import org.rigor.op.Softplus;
import org.rigor.op.Sub;
import org.rigor.op.Tanh;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.TensorType;

/**
 * Certified upper bound of the global Lipschitz constant by one walk over the traced network:
 * composition multiplies, a sum adds, an affine map has its certified norm, an elementwise function
 * its largest slope. A node without a rule is an error. Every product and sum is rounded up.
 */
public final class ProductBound {
  /** Norm on inputs and on outputs. */
  public enum Norm {
    L2,
    LINF
  }

  private ProductBound() {}

  /**
   * @param params by name, [M, shape...]
   * @return one bound a model
   * @throws IllegalArgumentException naming a node that has no rule and the line that traced it
   */
  public static double[] of(Network network, Map<String, HostTensor> params, Norm norm) {
    int models = params.values().iterator().next().shape().models();
    Program.Builder b = Program.builder("lipschitz");
    Map<String, Value> declared = network.declare(b, "", models, DType.F64);
    Value x = b.input("x ", new TensorType(DType.F64, network.input().insert(0, 1).insert(0, 1)));
    Value y = network.apply(declared, x);
    Map<Value, HostTensor> known = new IdentityHashMap<>();
    declared.forEach((name, v) -> known.put(v, params.get(name).toDouble()));
    Map<Value, double[]> bound = new IdentityHashMap<>();
    double[] one = new double[models];
    java.util.Arrays.fill(one, 1);
    bound.put(x, one);
    for (Value v : Program.topological(java.util.List.of(y))) {
      boolean moves = v.inputs().stream().anyMatch(bound::containsKey);
      if (!v.isInput() && moves) {
        bound.put(v, step(v, bound, known, models, norm));
      }
    }
    return bound.get(y);
  }

  private static double[] step(
      Value v, Map<Value, double[]> bound, Map<Value, HostTensor> known, int models, Norm norm) {
    double[] out = new double[models];
    for (int m = 0; m < models; m++) {
      if (v.op() instanceof Add || v.op() instanceof Sub) {
        double sum = 0;
        for (Value x : v.inputs()) {
          sum = bound.containsKey(x) ? Math.nextUp(sum + bound.get(x)[m]) : sum;
        }
        long moving = v.inputs().stream().filter(bound::containsKey).count();
        out[m] = moving == 1 ? only(v, bound)[m] : sum;
      } else if (v.op() instanceof MatMul mm) {
        out[m] = Math.nextUp(only(v, bound)[m] * weight(v, mm, bound, known, m, norm));
      } else {
        out[m] = Math.nextUp(only(v, bound)[m] * slope(v));
      }
    }
    return out;
  }

  /** Bound of the one operand that depends on the input. */
  private static double[] only(Value v, Map<Value, double[]> bound) {
    double[] found = null;
    for (Value x : v.inputs()) {
      if (bound.containsKey(x)) {
        if (found != null) {
          throw unknown(v, "two operands depend on the input");
        }
        found = bound.get(x);
      }
    }
    return found;
  }

  /** Largest slope of an elementwise function; 1 for a change of layout. */
  private static double slope(Value v) {
    if (v.op() instanceof LeakyRelu l) {
      return Math.max(1, Math.abs(l.slope()));
    }
    if (v.op() instanceof Sigmoid) {
      return 0.25;
    }
    if (v.op() instanceof Relu
        || v.op() instanceof Tanh
        || v.op() instanceof Softplus
        || v.op() instanceof Neg
        || v.op() instanceof Reshape) {
      return 1;
    }
    throw unknown(v, "no rule");
  }

  /** Norm of x to x W for one model's weight. */
  private static double weight(
      Value v,
      MatMul mm,
      Map<Value, double[]> bound,
      Map<Value, HostTensor> known,
      int m,
      Norm norm) {
    HostTensor w = known.get(v.input(1));
    if (bound.containsKey(v.input(1)) || w == null || mm.ta() || w.shape().rank() != 3) {
      throw unknown(v, "only x W with a stored matrix W has a rule");
    }
    int rows = w.shape().dim(1);
    int cols = w.shape().dim(2);
    int row = w.shape().models() == 1 ? 0 : m;
    double[] a =
        java.util.Arrays.copyOfRange(w.doubles(), row * rows * cols, (row + 1) * rows * cols);
    if (norm == Norm.L2) {
      return GramNorm.upper(a, rows, cols);
    }
    // x W in the max norm: largest absolute column sum of W, a row sum of its transpose.
    return mm.tb()
        ? RowSumNorm.upper(a, rows, cols)
        : RowSumNorm.upper(transposed(a, rows, cols), cols, rows);
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

  private static IllegalArgumentException unknown(Value v, String why) {
    return new IllegalArgumentException(
        "product bound: " + why + " for " + v.op() + ", traced at " + v.origin());
  }
}
