// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.List;
import java.util.Optional;
import org.rigor.ir.Interval;
import org.rigor.ir.Value;
import org.rigor.op.DenseRelu;
import org.rigor.op.F;
import org.rigor.op.Outward;
import org.rigor.tensor.Shape;

/**
 * Upper sides of {@code max(w x + b, 0)} that are linear in the input x, not in {@code w x + b}
 * alone: over a box they are closer than the chord (Anderson et al. 2020; Tjandraatmadja et al.
 * 2020). Of any coefficients c, {@code c x + d} is one where d is at least {@code w x + b - c x}
 * and {@code -c x} on the box, which is a sum of one maximum for each input. Those that matter have
 * shares of w between 0 and 1 as coefficients; at the point where the side is closest an input has
 * 1 if it is nearer to where {@code w x} is least than some level, and else 0. Shares are therefore
 * {@code level - sign(w) tilt}, with a level for each unit and a tilt for each input. The chord has
 * its slope as level, and no tilt.
 */
final class Hull {
  /** Most coefficients of a row. */
  private static final long LARGEST = 1L << 15;

  /**
   * A function {@code x W + b} of the whole input that max(., 0) bends.
   *
   * @param weight W, [M, D, U]
   * @param bias b, [M, 1, U]
   */
  record Affine(Value weight, Value bias) {
    int inputs() {
      return weight.shape().dim(1);
    }

    int units() {
      return weight.shape().dim(2);
    }

    /** Returns the number of levels and tilts of a row. */
    int numbers() {
      return units() + inputs();
    }
  }

  private final Affine of;
  private final Value weight; // [M, 1, D, U]
  private final Value shares; // [M, B, D, U]
  private final Value coefficients;

  /**
   * @param level F64 [M, B, U]
   * @param tilt F64 [M, B, D]
   */
  private Hull(Affine of, Value level, Value tilt) {
    this.of = of;
    this.weight = F.reshape(of.weight(), of.weight().shape().insert(1, 1));
    Value from = F.sub(row(level), F.mul(F.sign(weight), column(tilt)));
    Value one = F.constant(from, 1);
    this.shares = F.sub(one, F.relu(F.sub(one, F.relu(from)))); // cheaper than two extrema
    this.coefficients = F.mul(shares, weight);
  }

  /**
   * Returns sides of each row's own.
   *
   * @param numbers levels, then tilts, F64 [M, B, U + D]
   */
  static Hull of(Affine of, Value numbers) {
    int n = of.units();
    return new Hull(of, F.slice(numbers, 2, 0, n), F.slice(numbers, 2, n, of.numbers()));
  }

  /** Returns what an operation bends, if it is a dense layer of the input, small enough. */
  static Optional<Affine> affine(Value v, Value input) {
    return DenseRelu.of(v, input)
        .map(d -> new Affine(d.weight(), d.bias()))
        .filter(a -> (long) a.inputs() * a.units() <= LARGEST);
  }

  /** Returns which coefficients the hull takes: negative ones of units that are open. */
  private static Value taken(Value a, Interval z) {
    Value zero = F.constant(z.lower(), 0);
    Value open = F.and(F.lt(z.lower(), zero), F.gt(z.upper(), zero));
    return F.and(F.reshape(open, open.shape().insert(1, 1)), F.lt(a, F.constant(a, 0)));
  }

  /**
   * Takes the coefficients of units that this bounds, as far as they do not reach the input.
   *
   * @param a coefficients of the result, [M, 1, B, U]
   * @param z sides of what it bends
   * @param x sides of the input
   * @return coefficients of the input in place of those, and the others of the result
   */
  List<Value> take(Value a, Interval z, Interval x, Terms terms) {
    Value zero = F.constant(a, 0);
    Value takes = taken(a, z);
    Value own = F.select(takes, a, zero);
    if (terms.enclosed()) {
      enclose(own, x, terms);
    } else {
      terms.known(own, Interval.point(height(x)));
    }
    Shape s = a.shape();
    Value rows = F.reshape(own, Shape.of(s.dim(0), s.dim(2), 1, of.units()));
    Value input = F.sum(F.mul(rows, coefficients), 3);
    Value moved = F.reshape(input, x.lower().shape().insert(1, 1));
    return List.of(moved, F.select(takes, zero, a));
  }

  /**
   * Charges coefficients for d, [M, B, U], and for rounding of products with those of the input.
   */
  private void enclose(Value own, Interval x, Terms terms) {
    Value low = column(x.lower());
    Value high = column(x.upper());
    Value size = F.maximum(F.neg(low), high);
    Value all = overInputs(F.mul(F.abs(coefficients), size));
    Value rest = F.sub(weight, coefficients);
    Value bias = F.broadcast(of.bias(), all.shape());
    Value above = F.add(most(rest, low, high), bias);
    Value d = F.maximum(above, most(F.neg(coefficients), low, high));
    Value spread = F.add(F.add(overInputs(F.mul(F.abs(rest), size)), all), F.abs(bias));
    Value error = F.mul(spread, 2 * Outward.gamma(of.inputs() + 8L));
    Value up = Outward.up(F.add(d, F.add(error, F.constant(error, Outward.TINY))));
    terms.known(own, Interval.point(up));
    terms.error(own, F.mul(all, 2 * Outward.gamma(of.units() + 8L)));
    terms.underflow(Outward.magnitude(x));
  }

  /** Returns d up to rounding, for shares from 0 to 1. */
  private Value height(Interval x) {
    Value low = F.mul(weight, column(x.lower()));
    Value high = F.mul(weight, column(x.upper()));
    Value most = F.maximum(low, high); // fixed while shares climb
    Value least = F.minimum(low, high);
    Value whole = F.add(overInputs(most), of.bias());
    Value above = F.sub(whole, overInputs(F.mul(shares, most)));
    return F.maximum(above, F.neg(overInputs(F.mul(shares, least))));
  }

  private static Value most(Value c, Value low, Value high) {
    return overInputs(F.maximum(F.mul(c, low), F.mul(c, high)));
  }

  /** Sums [M, B, D, U] to [M, B, U]. */
  private static Value overInputs(Value v) {
    Value sum = F.sum(v, 2);
    return F.reshape(sum, sum.shape().remove(2));
  }

  /** Returns a number of each input, [M, B, features...], as [M, B, D, 1]. */
  private Value column(Value v) {
    Shape s = v.shape();
    return F.reshape(v, Shape.of(s.dim(0), s.dim(1), of.inputs(), 1));
  }

  private static Value row(Value v) {
    return F.reshape(v, v.shape().insert(2, 1));
  }
}
