// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.rigor.exec.Buffer;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Network;
import org.rigor.op.F;
import org.rigor.op.Outward;
import org.rigor.op.Solve;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Norm;

/**
 * Device program for a batch of Jacobians, with one output {@code found} [M, B, what]: the square
 * of the spectral norm or the largest row sum; 1 if clear of kinks; the square of the length of a
 * vector u; and the lower side of the square of ||J'u|| or, for the maximum norm, of the sum of
 * |J'u|. If x enters only through one product with W, J'u = W a is not formed either: the last
 * entry is then c'W'Wc for the centre c of a's enclosure, followed by the size and spread that
 * {@link JacobianSides#product} takes.
 *
 * @param inner columns of W, or 0 if J'u itself is enclosed
 */
record JacobianProgram(Program program, int inner) {
  static final int VALUE = 0;
  static final int CLEAR = 1;
  static final int LENGTH = 2;
  static final int LEAST = 3;
  static final int SIZE = 4;
  static final int SPREAD = 5;

  /**
   * @param type of the samples; floats are widened on the device, which is exact
   * @param ties as {@link JacobianEnclosure#of} takes it
   */
  static JacobianProgram of(
      Network network,
      Map<String, Buffer> stored,
      int models,
      int batch,
      Norm norm,
      DType type,
      boolean ties) {
    Program.Builder b = Program.builder("jacobian-norms");
    Map<String, Value> params = JacobianNorms.declare(b, network, stored);
    Shape sample = network.input().insert(0, batch);
    Value x = F.cast(b.input("x", new TensorType(type, sample.insert(0, 1))), DType.F64);
    Value own = F.broadcast(x, sample.insert(0, models)); // each model has its own rows
    Value y = network.apply(params, own);
    y = F.broadcast(y, y.shape().with(0, models));
    Value z = norm == Norm.L2 ? JacobianRows.firstProduct(y, own) : null;
    Value[] top = norm == Norm.L2 ? eigenvector(y, own) : largestRow(y, own);
    Value u = top[1];
    JacobianEnclosure j = JacobianEnclosure.of(y, own, z == null ? own : z, u, ties);
    Value clear = F.cast(F.broadcast(j.clear(), Shape.of(models, batch)), DType.F64);
    List<Value> found = new ArrayList<>(List.of(top[0], clear, each(F.square(u))));
    if (z == null) {
      Value low = j.product().lower();
      Value certain = F.maximum(F.maximum(low, F.neg(j.product().upper())), F.constant(low, 0));
      found.add(each(norm == Norm.L2 ? F.square(certain) : certain));
    } else {
      found.addAll(inner(z, Outward.centred(j.product())));
    }
    Shape column = Shape.of(models, batch, 1);
    b.output("found", F.concat(2, found.stream().map(v -> F.reshape(v, column)).toList()));
    return new JacobianProgram(b.build(), z == null ? 0 : z.shape().dim(-1));
  }

  /**
   * Returns the largest eigenvalue of J J' of each sample, [M, B], and its eigenvector, [M, B, K].
   */
  private static Value[] eigenvector(Value y, Value x) {
    Solve.Eigen eigen = Solve.symmetricEigen(JacobianRows.gram(y, x));
    int k = y.shape().dim(-1);
    Shape each = Shape.of(y.shape().models(), y.shape().dim(1));
    return new Value[] {
      F.reshape(F.slice(eigen.values(), 3, k - 1, k), each),
      F.reshape(F.slice(eigen.vectors(), 3, k - 1, k), y.shape())
    };
  }

  /**
   * Returns the largest sum of a row's magnitudes, [M, B], and the unit vector of that row, [M, B,
   * K].
   */
  private static Value[] largestRow(Value y, Value x) {
    Value sums = F.reshape(F.sum(F.abs(JacobianRows.of(y, x)), 3), y.shape());
    Value unit = F.cast(F.eq(F.argMax(sums, 2), F.iota(3, 2, y.shape().dim(-1))), DType.F64);
    return new Value[] {each(F.max(sums, 2)), unit};
  }

  /** Returns c'Sc, and the squared lengths of c and of the radius, times that of W. */
  private static List<Value> inner(Value z, Value[] enclosure) {
    Value centre = enclosure[0]; // [M, B, H]
    Value weight = F.sum(F.square(z.input(1)), 1, 2); // [M or 1, 1, 1]
    return List.of(
        each(F.mul(F.matmul(centre, JacobianRows.squared(z)), centre)),
        each(F.mul(F.sum(F.square(centre), 2), weight)),
        each(F.mul(F.sum(F.square(enclosure[1]), 2), weight)));
  }

  /** Sums over each sample, [M, B]. */
  private static Value each(Value v) {
    Value s = F.sum(v, IntStream.range(2, v.shape().rank()).toArray());
    return F.reshape(s, Shape.of(s.shape().dim(0), s.shape().dim(1)));
  }
}
