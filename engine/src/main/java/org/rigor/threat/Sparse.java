// SPDX-License-Identifier: Apache-2.0
package org.rigor.threat;

import java.util.Arrays;
import org.rigor.data.Box;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Order;
import org.rigor.op.Randoms;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;

/** Distances whose near points differ in few features. */
public enum Sparse implements Distance {
  /** Sum of magnitudes. */
  L1 {
    /** Divides among features whose gradients are equally large. */
    @Override
    public Value direction(Value g) {
      Value size = F.abs(g);
      Value top = F.max(size, Norm.features(g));
      Value zero = F.constant(g, 0);
      Value first = F.and(F.eq(size, top), F.gt(size, F.constant(size, 0)));
      Value chosen = F.select(first, F.sign(g), zero);
      Value count = length(chosen);
      return F.div(chosen, F.maximum(count, F.constant(count, 1)));
    }

    @Override
    public Value project(Value x, Value x0, Value epsilon) {
      return project(x, x0, epsilon, Box.NONE);
    }

    /**
     * Returns the nearest point of ball and box, up to rounding: magnitudes are lowered by one
     * number, and cut to [0, room in the box], so that they add up to epsilon (Croce and Hein
     * 2021). The number is found by halving, then on the line through the ends.
     */
    @Override
    public Value project(Value x, Value x0, Value epsilon, Box box) {
      Value d = F.sub(Distance.cut(x, box), x0);
      Value size = F.abs(F.sub(x, x0));
      Value room = box.isBounded() ? F.abs(room(x, x0, box)) : size;
      Value zero = F.constant(epsilon, 0);
      Value high = F.max(size, Norm.features(x));
      Value low = F.mul(high, 0);
      for (int i = 0; i < HALVINGS; i++) {
        Value middle = F.mul(F.add(low, high), 0.5);
        Value much = F.gt(sum(size, room, middle), epsilon);
        low = F.select(much, middle, low);
        high = F.select(much, high, middle);
      }
      Value most = sum(size, room, low);
      Value least = sum(size, room, high);
      Value fall = F.sub(most, least);
      Value falls = F.gt(fall, zero);
      Value part = F.div(F.sub(epsilon, least), F.select(falls, fall, F.constant(fall, 1)));
      Value by = F.select(falls, F.sub(high, F.mul(F.sub(high, low), part)), high);
      Value lowered = lowered(size, room, by);
      Value sum = F.sum(lowered, Norm.features(x));
      Value shrink =
          F.select(F.gt(sum, epsilon), F.div(epsilon, sum), F.constant(sum, 1)); // of rounding
      Value moved = F.add(x0, F.mul(F.sign(F.sub(x, x0)), F.mul(lowered, shrink)));
      Value inside = F.le(F.sum(F.abs(d), Norm.features(d)), epsilon);
      return F.select(inside, Distance.cut(x, box), Distance.cut(moved, box));
    }

    private Value sum(Value size, Value room, Value by) {
      return F.sum(lowered(size, room, by), Norm.features(size));
    }

    private Value lowered(Value size, Value room, Value by) {
      Value left = F.sub(size, by);
      return F.minimum(F.maximum(left, F.constant(left, 0)), room);
    }

    private Value room(Value x, Value x0, Box box) {
      Value up = F.sub(F.constant(x0, box.upper()), x0);
      Value down = F.sub(x0, F.constant(x0, box.lower()));
      return F.select(F.gt(x, x0), up, down);
    }

    /** Draws a direction of Laplace's distribution times a radius uniform in [0, 1). */
    @Override
    public Value noise(Randoms random, String site, DType dtype, Shape features) {
      Value unit = random.unit(site + "/laplace", dtype, features);
      Value size = F.neg(F.log(F.sub(F.constant(unit, 1), unit)));
      Value sum = length(size);
      Value safe = F.select(F.gt(sum, F.constant(sum, 0)), sum, F.constant(sum, 1));
      int[] ones = new int[features.rank()];
      Arrays.fill(ones, 1);
      Value radius = random.unit(site + "/radius", dtype, Shape.of(ones));
      Value signs = random.signs(site + "/sign", dtype, features);
      return F.mul(F.mul(F.div(size, safe), signs), radius);
    }

    @Override
    public Value length(Value d) {
      return F.sum(F.abs(d), Norm.features(d));
    }

    @Override
    public Value dual(Value g) {
      return Norm.LINF.length(g);
    }
  },
  /** Number of features that differ. Its balls have no steepest direction. */
  L0 {
    @Override
    public Value direction(Value g) {
      throw new UnsupportedOperationException("l0 has no direction of steepest ascent");
    }

    /** Keeps the largest changes, as many as epsilon; of equal ones the first. */
    @Override
    public Value project(Value x, Value x0, Value epsilon) {
      Value d = F.sub(x, x0);
      int models = d.shape().models();
      int rows = d.shape().dim(1);
      int n = Math.toIntExact(d.shape().size() / models / rows);
      Value size = F.reshape(F.abs(d), Shape.of(models, rows, n));
      Value order = Order.argSort(size, true);
      Value few = F.reshape(epsilon, Shape.of(epsilon.shape().models(), epsilon.shape().dim(1), 1));
      Value place = F.cast(F.add(F.iota(3, 2, n), 1), d.dtype());
      Value kept = F.broadcast(F.cast(F.le(place, few), d.dtype()), size.shape());
      Value keeps = F.reshape(F.scatterAlong(kept, order, n), d.shape());
      return F.select(F.gt(keeps, F.constant(keeps, 0)), x, F.broadcast(x0, x.shape()));
    }

    /** Cuts first, so that changes count as far as the box lets them. */
    @Override
    public Value project(Value x, Value x0, Value epsilon, Box box) {
      return project(Distance.cut(x, box), x0, epsilon);
    }

    @Override
    public Value noise(Randoms random, String site, DType dtype, Shape features) {
      throw new UnsupportedOperationException("l0 has no points to draw");
    }

    @Override
    public Value length(Value d) {
      Value one = F.constant(d, 1);
      return F.sum(F.select(F.ne(d, F.constant(d, 0)), one, F.constant(d, 0)), Norm.features(d));
    }

    @Override
    public Value dual(Value g) {
      throw new UnsupportedOperationException("l0 has no dual norm");
    }
  };

  private static final int HALVINGS = 24;

  @Override
  public double ofOnes(long n) {
    return n;
  }
}
