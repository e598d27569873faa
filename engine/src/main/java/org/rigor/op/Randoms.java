// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.Arrays;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;

/**
 * Random tensors as pure functions of (key, site, sample ids, step counters); see {@link
 * RandomBits} for the operands. Every result is [M, B, rest...].
 */
public final class Randoms {
  private final Value key;
  private final Value ids;
  private final Value steps;

  /**
   * @param key I32 [M or 1, 2]
   * @param ids I32 [M or 1, B], data-set indices
   * @param steps I32 [M or 1, 1 or 2]
   */
  public Randoms(Value key, Value ids, Value steps) {
    this.key = key;
    this.ids = ids;
    this.steps = steps;
  }

  /** Returns draws that do not change from step to step. */
  public static Randoms fixed(Value key, Value ids) {
    return new Randoms(key, ids, F.fill(DType.I32, Shape.of(1, 1), 0));
  }

  /** Draws words with uniform bits, I32. */
  public Value bits(String site, Shape rest) {
    return Value.of(new RandomBits(site, rest), key, ids, steps);
  }

  /** Draws multiples of 2^-24 (F32) or 2^-53 (F64) in [0, 1). */
  public Value unit(String site, DType dtype, Shape rest) {
    if (dtype != DType.F64) {
      return Value.of(new UnitInterval(dtype), bits(site, rest));
    }
    Value words = bits(site, pairs(rest));
    return Value.of(new UnitInterval(dtype), part(words, 0), part(words, 1));
  }

  /** Draws uniformly from [low, high]; only rounding reaches the upper end. */
  public Value uniform(String site, DType dtype, Shape rest, double low, double high) {
    return F.add(F.mul(unit(site, dtype, rest), high - low), low);
  }

  /**
   * Draws standard normal numbers by Box and Muller (1958): sqrt(-2 log(1 - u)) cos(2 pi v), one
   * number from each pair. |x| is at most 5.77 in F32 and 8.58 in F64.
   */
  public Value normal(String site, DType dtype, Shape rest) {
    Value u = unit(site, dtype, pairs(rest));
    Value v = part(u, 1);
    Value one = F.constant(v, 1);
    Value radius = F.sqrt(F.mul(F.log(F.sub(one, part(u, 0))), -2));
    return F.mul(radius, F.cos(F.mul(v, 2 * Math.PI)));
  }

  /**
   * Draws standard normal numbers as {@link #normal} does, but both of each pair, for half the
   * words: element i and the one half of all elements later share their pair. Other numbers than
   * those of {@link #normal}.
   */
  public Value normals(String site, DType dtype, Shape rest) {
    int n = Math.toIntExact(rest.size());
    int half = (n + 1) / 2;
    Value u = unit(site, dtype, Shape.of(half, 2));
    Value one = F.constant(part(u, 1), 1);
    Value radius = F.sqrt(F.mul(F.log(F.sub(one, part(u, 0))), -2));
    Value angle = F.mul(part(u, 1), 2 * Math.PI);
    Value all = F.concat(2, F.mul(radius, F.cos(angle)), F.mul(radius, F.sin(angle)));
    Shape drawn = all.shape();
    Value some = F.slice(all, 2, 0, n);
    return F.reshape(some, rest.insert(0, drawn.dim(1)).insert(0, drawn.models()));
  }

  /** Draws -1 or 1 with equal probability. */
  public Value signs(String site, DType dtype, Shape rest) {
    Value bits = bits(site, rest);
    Value one = F.fill(dtype, ones(bits), 1);
    return F.select(F.lt(bits, F.constant(bits, 0)), F.neg(one), one);
  }

  /** Returns element {@code i} of a last axis of two and drops the axis. */
  private static Value part(Value x, int i) {
    Value s = F.slice(x, -1, i, i + 1);
    return F.reshape(s, s.shape().remove(-1));
  }

  private static Shape pairs(Shape rest) {
    return rest.insert(rest.rank(), 2);
  }

  private static Shape ones(Value like) {
    int[] d = new int[like.shape().rank()];
    Arrays.fill(d, 1);
    return Shape.of(d);
  }
}
