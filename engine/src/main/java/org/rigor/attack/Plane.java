// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Order;
import org.rigor.threat.Norm;
import org.rigor.threat.Sparse;
import org.rigor.threat.Threat;

/** Points where a linear loss is 0. */
final class Plane {
  /** Steps of Newton's method to a zero, each of which passes a bound of the box at least. */
  private static final int NEWTON = 10;

  private Plane() {}

  /**
   * Returns the shortest displacement within the box from {@code x} to a zero of a linear loss; to
   * the corner nearest to one if the box has none.
   *
   * @param loss at {@code x}
   */
  static Value toZero(Threat threat, Value x, Value gradient, Value loss) {
    Value missing = F.abs(loss);
    Value uphill = F.lt(loss, F.constant(loss, 0));
    Value rises = F.eq(F.gt(gradient, F.constant(gradient, 0)), uphill); // in the coordinate
    Value up = F.sub(F.constant(x, threat.box().upper()), x);
    Value down = F.add(x, -threat.box().lower());
    Value room = F.select(rises, up, down);
    Value weight = F.abs(gradient);
    if (threat.norm() == Sparse.L1) {
      Value way = greedy(weight, room, missing);
      return F.select(rises, way, F.neg(way));
    }
    Value speed = threat.norm() == Norm.LINF ? F.constant(weight, 1) : weight;
    Value gain = F.mul(weight, speed);
    Value zero = F.constant(loss, 0);
    Value far = F.mul(missing, 0);
    for (int i = 0; i < NEWTON; i++) {
      Value moved = F.minimum(F.mul(speed, far), room);
      Value gained = F.sum(F.mul(weight, moved), Norm.features(x));
      Value free = F.lt(F.mul(speed, far), room);
      Value slope = F.sum(F.select(free, gain, F.constant(gain, 0)), Norm.features(x));
      Value goes = F.and(F.gt(slope, zero), F.lt(gained, missing));
      Value safe = F.select(goes, slope, F.constant(slope, 1));
      far = F.add(far, F.select(goes, F.div(F.sub(missing, gained), safe), zero));
    }
    Value moved = F.minimum(F.mul(speed, far), room);
    Value signed = F.select(rises, moved, F.neg(moved));
    return F.select(F.gt(weight, F.constant(weight, 0)), signed, F.constant(signed, 0));
  }

  /**
   * Returns how far each feature moves if those with the largest weights go as far as there is
   * room, one after another, until they gain what is missing: the shortest way in l1.
   */
  private static Value greedy(Value weight, Value room, Value missing) {
    Value weights = DeepFool.flat(weight);
    int n = weights.shape().dim(2);
    Value order = Order.argSort(weights, true);
    Value w = F.takeAlong(weights, order);
    Value most = F.takeAlong(DeepFool.flat(room), order);
    Value zero = F.constant(w, 0);
    Value some = F.gt(w, zero);
    Value gains = F.select(some, F.mul(w, most), zero);
    Value before = F.pad(F.slice(Order.cumSum(gains, 2), 2, 0, n - 1), 2, 1, 0, 0);
    Value left = F.sub(DeepFool.flat(missing), before);
    Value far = F.div(left, F.select(some, w, F.constant(w, 1)));
    Value moved = F.minimum(F.maximum(far, zero), most);
    moved = F.select(some, moved, zero);
    return F.reshape(F.scatterAlong(moved, order, n), weight.shape());
  }
}
