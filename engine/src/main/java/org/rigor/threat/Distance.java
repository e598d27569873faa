// SPDX-License-Identifier: Apache-2.0
package org.rigor.threat;

import java.util.List;
import java.util.stream.Stream;
import org.rigor.data.Box;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;

/**
 * Distance between inputs, in whose balls attacks look and which they minimise: a {@link Norm}, for
 * which there are certificates and Lipschitz bounds as well, or a {@link Sparse} one. Tensors are
 * [M, B, features...]; epsilon is [M or 1, B or 1, 1...].
 */
public sealed interface Distance permits Norm, Sparse {
  /** Returns all distances. */
  static List<Distance> all() {
    return Stream.concat(Stream.<Distance>of(Norm.values()), Stream.of(Sparse.values())).toList();
  }

  /** Returns the constant's name. */
  String name();

  /** Returns the steepest ascent direction of unit length; zero where the gradient is. */
  Value direction(Value gradient);

  /** Returns the nearest point of the ball of radius epsilon around x0, up to rounding. */
  Value project(Value x, Value x0, Value epsilon);

  /** Returns a near point of ball and box, up to rounding; {@code x0} lies in the box. */
  default Value project(Value x, Value x0, Value epsilon, Box box) {
    return cut(project(x, x0, epsilon), box);
  }

  /**
   * Draws a point of the unit ball, [M, B, features...].
   *
   * @param site names the draws
   */
  Value noise(Randoms random, String site, DType dtype, Shape features);

  /** Returns the length of each sample: [M, B, 1...]. */
  Value length(Value d);

  /**
   * Returns the dual norm of each sample, [M, B, 1...]: how fast a linear loss rises along {@link
   * #direction}.
   */
  Value dual(Value gradient);

  /** Returns the length of a vector of n ones. */
  double ofOnes(long n);

  /** Moves points into a box. */
  static Value cut(Value x, Box box) {
    return box.isBounded() ? F.clamp(x, box.lower(), box.upper()) : x;
  }
}
