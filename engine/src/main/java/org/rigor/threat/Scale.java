// SPDX-License-Identifier: Apache-2.0
package org.rigor.threat;

import java.util.Arrays;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Outward;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * Factors of the radius, one a feature: feature i moves by at most radius times its factor, and not
 * at all where that is 0. For LINF, whose balls become boxes.
 *
 * <p>An attack works in coordinates z in which the ball is an ordinary one: x = x0 + factor (z -
 * x0).
 *
 * @param factors F64 of the features in row-major order, each finite and &gt;= 0, not all 0
 */
public record Scale(HostTensor factors) {
  /** Name of the factors among inputs of programs. */
  public static final String NAME = "threat/scale";

  /** Lowers a rounded product below the exact one, down to where products underflow. */
  private static final double SHRINK = 1 - 0x1p-52;

  public Scale {
    boolean any = false;
    for (int i = 0; i < factors.shape().size(); i++) {
      double f = factors.get(i);
      if (!(f >= 0) || Double.isInfinite(f)) {
        throw new IllegalArgumentException(
            "scale: factors must be finite and >= 0, element %d is %s".formatted(i, f));
      }
      any |= f > 0;
    }
    if (factors.dtype() != DType.F64 || !any) {
      throw new IllegalArgumentException(
          "scale: needs f64 factors that are not all 0, got " + factors.type());
    }
  }

  /** Returns the number of features that do not move. */
  public int frozen() {
    return (int) Arrays.stream(factors.doubles()).filter(f -> f == 0).count();
  }

  /**
   * Requires one factor a feature.
   *
   * @throws IllegalArgumentException if there are more or fewer features
   */
  public void requireFeatures(Shape features) {
    if (factors.shape().size() != features.size()) {
      throw new IllegalArgumentException(
          "scale: must have a factor a feature, %s, got %s".formatted(features, factors.shape()));
    }
  }

  /** Returns the factors as the buffer of {@link #NAME} holds them, [1, 1, features...]. */
  public HostTensor buffer(Shape features) {
    return factors.reshape(features.insert(0, 1).insert(0, 1));
  }

  /** Declares the factors as an input of a program. */
  public Value input(Program.Builder b, Shape features) {
    return b.input(NAME, new TensorType(DType.F64, features.insert(0, 1).insert(0, 1)));
  }

  /** Returns the point at coordinates, not cut by any box. */
  static Value point(Value z, Value x0, Value factors) {
    return F.add(x0, F.mul(F.cast(factors, z.dtype()), F.sub(z, x0)));
  }

  /** Returns the coordinates of a point; those of its sample where features do not move. */
  static Value coordinates(Value x, Value x0, Value factors) {
    Value f = F.cast(factors, x.dtype());
    Value moves = F.gt(f, F.constant(f, 0));
    Value z = F.add(x0, F.div(F.sub(x, x0), F.select(moves, f, F.constant(f, 1))));
    return F.select(F.broadcast(moves, z.shape()), z, F.broadcast(x0, z.shape()));
  }

  /**
   * Returns at least how far each feature may move, F64 [M, B, features...].
   *
   * @param radius F64 [M, B, 1...]
   */
  public static Value widths(Value radius, Value factors) {
    return Outward.up(F.mul(radius, factors));
  }

  /**
   * Returns at most how far each feature may move, as {@link #width} does and with its bits.
   *
   * @param radius F64 [M, B, 1...]
   */
  static Value within(Value radius, Value factors) {
    Value w = F.add(F.mul(F.mul(radius, factors), SHRINK), -Outward.TINY);
    return F.maximum(w, F.constant(w, 0));
  }

  /** Returns at most how far a feature may move in real arithmetic. */
  double width(int feature, double radius) {
    return Math.max(radius * factors.get(feature) * SHRINK + -Outward.TINY, 0);
  }
}
