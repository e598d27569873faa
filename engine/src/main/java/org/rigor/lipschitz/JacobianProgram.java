// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import java.util.Map;
import java.util.stream.IntStream;
import org.rigor.exec.Buffer;
import org.rigor.ir.Program;
import org.rigor.ir.Simplify;
import org.rigor.ir.Value;
import org.rigor.nn.Network;
import org.rigor.op.F;
import org.rigor.op.Outward;
import org.rigor.op.Solve;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * What a device computes of a batch of Jacobians, all outputs [M, B]: {@code value}, the square of
 * the spectral norm or the largest row sum; {@code clear} of kinks; {@code length}, the square of a
 * vector u's; and {@code least}, the square of ||J'u||. Where x enters by one product with W alone,
 * J'u = W a is not multiplied out either: then {@code least} is c'W'Wc for the centre c of a's
 * enclosure, with {@code size} and {@code spread} as {@link JacobianSides#product} wants them.
 *
 * @param inner columns of W, or 0 where J'u is enclosed itself
 */
record JacobianProgram(Program program, int inner) {

  static JacobianProgram of(
      Network network, Map<String, Buffer> stored, int models, int batch, OperatorNorm norm) {
    Program.Builder b = Program.builder("jacobian-norms");
    Map<String, Value> params = JacobianNorms.declare(b, network, stored);
    Shape sample = network.input().insert(0, batch);
    Value x = b.input("x", new TensorType(DType.F64, sample.insert(0, 1)));
    Value own = F.broadcast(x, sample.insert(0, models)); // a model's rows are its own
    Value y = network.apply(params, own);
    y = F.broadcast(y, y.shape().with(0, models));
    Value z = norm == OperatorNorm.L2 ? JacobianRows.firstProduct(y, own) : null;
    Value u = norm == OperatorNorm.L2 ? eigenvector(b, y, own) : largestRow(b, y, own);
    JacobianEnclosure j = JacobianEnclosure.of(y, own, z == null ? own : z, u);
    b.output("clear", F.broadcast(j.clear(), Shape.of(models, batch)));
    b.output("length", each(F.square(u)));
    if (z == null) {
      Value low = j.product().lower();
      Value certain = F.maximum(F.maximum(low, F.neg(j.product().upper())), F.constant(low, 0));
      b.output("least", each(norm == OperatorNorm.L2 ? F.square(certain) : certain));
    } else {
      inner(b, z, Outward.centred(j.product()));
    }
    return new JacobianProgram(Simplify.run(b.build()), z == null ? 0 : z.shape().dim(-1));
  }

  /** The top eigenvector of J J' of each sample, [M, B, K]. */
  private static Value eigenvector(Program.Builder b, Value y, Value x) {
    Solve.Eigen eigen = Solve.symmetricEigen(JacobianRows.gram(y, x));
    int k = y.shape().dim(-1);
    Shape each = Shape.of(y.shape().models(), y.shape().dim(1));
    b.output("value", F.reshape(F.slice(eigen.values(), 3, k - 1, k), each));
    return F.reshape(F.slice(eigen.vectors(), 3, k - 1, k), y.shape());
  }

  /** The unit vector of the row with the largest sum of magnitudes, [M, B, K]. */
  private static Value largestRow(Program.Builder b, Value y, Value x) {
    Value sums = F.reshape(F.sum(F.abs(JacobianRows.of(y, x)), 3), y.shape());
    b.output("value", each(F.max(sums, 2)));
    return F.cast(F.eq(F.argMax(sums, 2), F.iota(3, 2, y.shape().dim(-1))), DType.F64);
  }

  /** c'Sc, and the squared lengths of c and of the radius, times that of W. */
  private static void inner(Program.Builder b, Value z, Value[] enclosure) {
    Value centre = enclosure[0]; // [M, B, H]
    b.output("least", each(F.mul(F.matmul(centre, JacobianRows.squared(z)), centre)));
    Value weight = F.sum(F.square(z.input(1)), 1, 2); // [M or 1, 1, 1]
    b.output("size", each(F.mul(F.sum(F.square(centre), 2), weight)));
    b.output("spread", each(F.mul(F.sum(F.square(enclosure[1]), 2), weight)));
  }

  /** Sums of each sample, [M, B]. */
  private static Value each(Value v) {
    Value s = F.sum(v, IntStream.range(2, v.shape().rank()).toArray());
    return F.reshape(s, Shape.of(s.shape().dim(0), s.shape().dim(1)));
  }
}
