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
 *
 * <p>A row has such sides for a few units, chords for the others: a share costs as much as a weight
 * of a product does in many, and units whose chord loses little gain little.
 */
final class Hull {
  /** Most coefficients of a layer. */
  private static final long LARGEST = 1L << 15;

  /** Most units of a row that have sides: those that lose most by their chords. */
  private static final int UNITS = 32;

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

    /** Returns K, the number of units of a row that have sides. */
    int picked() {
      return Math.min(UNITS, units());
    }
  }

  private final Affine of;
  private final Value picked; // [M, B, K]
  private final Value weight; // [M, B, K, D]
  private final Value bias; // [M, B, K]
  private final Value shares; // [M, B, K, D]
  private final Value coefficients;

  /** d of each picked unit, [M, B, K], once coefficients are taken. */
  private Value height;

  /**
   * @param level F64 [M, B, U]
   * @param tilt F64 [M, B, D]
   */
  private Hull(Affine of, Value level, Value tilt, Value picked) {
    this.of = of;
    this.picked = picked;
    this.weight = gathered(F.transpose(of.weight(), List.of(0, 2, 1)), of.inputs());
    Value one = gathered(F.transpose(of.bias(), List.of(0, 2, 1)), 1);
    this.bias = F.reshape(one, picked.shape());
    Value from = F.sub(each(F.takeAlong(level, picked)), F.mul(F.sign(weight), row(tilt)));
    Value whole = F.constant(from, 1);
    this.shares = F.sub(whole, F.relu(F.sub(whole, F.relu(from)))); // cheaper than two extrema
    this.coefficients = F.mul(shares, weight);
  }

  /** Returns rows of the picked units, [M, B, K, n], out of those of all, [M, U, n]. */
  private Value gathered(Value all, int n) {
    Shape s = picked.shape();
    Value rows = F.gather(all, F.reshape(picked, Shape.of(s.dim(0), s.dim(1) * s.dim(2))));
    return F.reshape(rows, s.insert(3, n));
  }

  /**
   * Returns sides of each row's own.
   *
   * @param numbers levels, then tilts, F64 [M, B, U + D]
   * @param picked units that have them, each once, I32 [M, B, K]
   */
  static Hull of(Affine of, Value numbers, Value picked) {
    int n = of.units();
    Value tilt = F.slice(numbers, 2, n, of.numbers());
    return new Hull(of, F.slice(numbers, 2, 0, n), tilt, picked);
  }

  /** Returns what an operation bends, if it is a dense layer of the input, small enough. */
  static Optional<Affine> affine(Value v, Value input) {
    return DenseRelu.of(v, input)
        .map(d -> new Affine(d.weight(), d.bias()))
        .filter(a -> (long) a.inputs() * a.units() <= LARGEST);
  }

  /**
   * Returns which units are picked, [M, B, U]; none that is named twice, for it would count twice.
   */
  private Value isPicked() {
    Value ones = F.fill(weight.dtype(), picked.shape(), 1);
    Value times = F.scatterAlong(ones, picked, of.units());
    return F.eq(times, F.constant(times, 1));
  }

  /** Returns which coefficients the hull takes: negative ones of picked units that are open. */
  private Value taken(Value a, Interval z) {
    Value zero = F.constant(z.lower(), 0);
    Value open = F.and(F.lt(z.lower(), zero), F.gt(z.upper(), zero));
    Value may = F.and(open, isPicked());
    return F.and(F.reshape(may, may.shape().insert(1, 1)), F.lt(a, F.constant(a, 0)));
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
    Shape s = a.shape();
    Value all = F.reshape(F.select(takes, a, zero), Shape.of(s.dim(0), s.dim(2), of.units()));
    Value taken = F.takeAlong(all, picked);
    Value own = F.reshape(taken, picked.shape().insert(1, 1));
    height = terms.enclosed() ? enclosed(own, x, terms) : height(x);
    terms.known(own, Interval.point(height));
    Value input = F.sum(F.mul(each(taken), coefficients), 2);
    Value moved = F.reshape(input, x.lower().shape().insert(1, 1));
    return List.of(moved, F.select(takes, zero, a));
  }

  /**
   * Returns d, and charges coefficients for rounding of products with those of the input.
   *
   * @return rounded up, [M, B, K]
   */
  private Value enclosed(Value own, Interval x, Terms terms) {
    Value low = row(x.lower());
    Value high = row(x.upper());
    Value size = F.maximum(F.neg(low), high);
    Value all = overInputs(F.mul(F.abs(coefficients), size));
    Value rest = F.sub(weight, coefficients);
    Value above = F.add(most(rest, low, high), bias);
    Value d = F.maximum(above, most(F.neg(coefficients), low, high));
    Value spread = F.add(F.add(overInputs(F.mul(F.abs(rest), size)), all), F.abs(bias));
    Value error = F.mul(spread, 2 * Outward.gamma(of.inputs() + 8L));
    terms.error(own, F.mul(all, 2 * Outward.gamma(of.units() + 8L)));
    terms.underflow(Outward.magnitude(x));
    return Outward.up(F.add(d, F.add(error, F.constant(error, Outward.TINY))));
  }

  /**
   * Returns what sides lose at a point of the input, about, [M, B, U].
   *
   * @param line what is said of units without
   */
  Value lost(Value x, Value line) {
    Value side = F.add(overInputs(F.mul(coefficients, row(x))), height);
    Value exact = F.relu(F.add(overInputs(F.mul(weight, row(x))), bias));
    return F.select(isPicked(), F.scatterAlong(F.sub(side, exact), picked, of.units()), line);
  }

  /** Returns d up to rounding, for shares from 0 to 1. */
  private Value height(Interval x) {
    Value low = F.mul(weight, row(x.lower()));
    Value high = F.mul(weight, row(x.upper()));
    Value most = F.maximum(low, high); // fixed while shares climb
    Value least = F.minimum(low, high);
    Value whole = F.add(overInputs(most), bias);
    Value above = F.sub(whole, overInputs(F.mul(shares, most)));
    return F.maximum(above, F.neg(overInputs(F.mul(shares, least))));
  }

  private static Value most(Value c, Value low, Value high) {
    return overInputs(F.maximum(F.mul(c, low), F.mul(c, high)));
  }

  /** Sums [M, B, K, D] to [M, B, K]. */
  private static Value overInputs(Value v) {
    Value sum = F.sum(v, 3);
    return F.reshape(sum, sum.shape().remove(3));
  }

  /** Returns a number of each input, [M, B, features...], as [M, B, 1, D]. */
  private Value row(Value v) {
    Shape s = v.shape();
    return F.reshape(v, Shape.of(s.dim(0), s.dim(1), 1, of.inputs()));
  }

  /** Returns a number of each unit, [M, B, K], as [M, B, K, 1]. */
  private static Value each(Value v) {
    return F.reshape(v, v.shape().insert(3, 1));
  }
}
