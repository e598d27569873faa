// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import org.rigor.data.Box;
import org.rigor.ir.Interval;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Outward;
import org.rigor.threat.Norm;

/**
 * Inputs covered by a certificate: a ball around each sample, intersected with the box of valid
 * inputs.
 *
 * @param x the network's input [M, B, features...], F64
 * @param epsilon radius of each sample, [M, B, 1...]; for LINF also of each feature, [M, B,
 *     features...]
 * @param norm of the ball
 * @param sides per element, enclosing the ball in the box
 */
public record Region(Value x, Value epsilon, Norm norm, Interval sides) {
  /** Returns the ball of radius epsilon around {@code x} within {@code box}, rounded outward. */
  public static Region of(Value x, Value epsilon, Norm norm, Box box) {
    Value lower = Outward.down(F.sub(x, epsilon));
    Value upper = Outward.up(F.add(x, epsilon));
    Interval sides =
        box.isBounded()
            ? new Interval(
                F.maximum(lower, F.constant(x, box.lower())),
                F.minimum(upper, F.constant(x, box.upper())))
            : new Interval(lower, upper);
    return new Region(x, epsilon, norm, sides);
  }
}
