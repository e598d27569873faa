// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.Arrays;
import java.util.Optional;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.threat.Distance;
import org.rigor.threat.Norm;
import org.rigor.threat.Sparse;
import org.rigor.threat.Threat;

/**
 * Windows of {@link Square} in images [M, B, C, H, W]; a vector is an image of one row, whose
 * windows are intervals.
 *
 * @param features shape of a sample
 * @param distance in whose ball the attack looks
 * @param layout of samples that are rows of pixels
 * @param sides extent of a window in each stage of the attack, longest first
 */
record Windows(
    Shape features,
    Distance distance,
    Optional<ImageLayout> layout,
    int channels,
    int height,
    int width,
    int[] sides) {
  /** Steps after which the share of pixels in a window is halved (the paper's table). */
  private static final int[] HALVED = {10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000};

  private static final double TINY = 1e-12;

  /** Share of pixels in the first windows. */
  private static final double FIRST = 0.8;

  /**
   * Returns the windows for points of a shape, [M, B, features...].
   *
   * @throws IllegalArgumentException if a sample is neither a vector nor an image
   */
  static Windows of(Shape points, Distance distance, int steps, Optional<ImageLayout> layout) {
    Shape features = points.remove(0).remove(0);
    Shape image = layout.map(Windows::shape).orElse(features);
    int rank = image.rank();
    if (rank < 1 || rank > 3) {
      throw new IllegalArgumentException(
          "square: needs vectors, [H, W] or [C, H, W], got samples of shape " + features);
    }
    if (image.size() != features.size()) {
      throw new IllegalArgumentException(
          "square: an image of %d x %d with %d channels has %d numbers, samples have shape %s"
              .formatted(image.dim(1), image.dim(2), image.dim(0), image.size(), features));
    }
    int width = image.dim(rank - 1);
    int height = rank == 1 ? 1 : image.dim(rank - 2);
    int stages = 1 + (int) Arrays.stream(HALVED).filter(t -> t < steps).count();
    int[] sides = new int[stages];
    for (int s = 0; s < stages; s++) {
      double share = Math.scalb(FIRST, -s);
      double side = rank == 1 ? share * width : Math.sqrt(share * height * width);
      int most = rank == 1 ? width : Math.min(height, width);
      sides[s] = side(distance, Math.toIntExact(Math.round(side)), most);
    }
    int channels = rank == 3 ? image.dim(0) : 1;
    return new Windows(features, distance, layout, channels, height, width, sides);
  }

  private static Shape shape(ImageLayout l) {
    return Shape.of(l.channels(), l.height(), l.width());
  }

  /** In l2 and l1 a window has a middle, and at least three elements where they fit. */
  private static int side(Distance distance, int wanted, int most) {
    if (distance == Norm.LINF) {
      return Math.min(Math.max(wanted, 1), most);
    }
    int odd = Math.max(wanted, 3) | 1;
    return odd <= most ? odd : most - 1 | 1;
  }

  /** Reshapes points to [M, B, C, H, W]. */
  Value image(Value points) {
    if (layout.isPresent()) {
      return layout.get().channels(points);
    }
    return F.reshape(points, rows(points, Shape.of(channels, height, width)));
  }

  /** Reshapes images to points. */
  Value points(Value image) {
    if (layout.isPresent()) {
      return layout.get().points(image, rows(image, features));
    }
    return F.reshape(image, rows(image, features));
  }

  /** Reshapes one number a row to [M, B, 1, 1, 1]. */
  static Value each(Value rows) {
    return F.reshape(rows, rows(rows, Shape.of(1, 1, 1)));
  }

  private static Shape rows(Value like, Shape behind) {
    return behind.insert(0, like.shape().dim(1)).insert(0, like.shape().dim(0));
  }

  /** Returns stripes of -1 and 1, [M, B, C, 1, W]. */
  Value stripes(Problem.Draws d, DType dtype) {
    return d.random().signs(d.site() + "/stripe", dtype, Shape.of(channels, 1, width));
  }

  /** Moves a window of each row by twice the radius, up or down by channel. */
  Value flip(Value image, Value radius, Value taken, Problem.Draws d) {
    Place place = place(stage(taken), d, "/window");
    Value sign = d.random().signs(d.site() + "/sign", image.dtype(), Shape.of(channels, 1, 1));
    Value move = F.mul(sign, F.mul(radius, 2));
    return F.add(image, F.select(place.inside(), move, F.constant(move, 0)));
  }

  /**
   * Moves one window's perturbation into another, with what is left of the radius: in l2 its
   * squared length (the paper's algorithm 3), in l1 its length (as the authors' code has it; the
   * point may leave the ball).
   */
  Value redistribute(Value image, Value x0, Value radius, Value taken, Problem.Draws d) {
    Value stage = stage(taken);
    Place to = place(stage, d, "/window");
    Place from = place(stage, d, "/second");
    Value delta = F.sub(image, x0);
    Value zero = F.constant(delta, 0);
    boolean l1 = distance == Sparse.L1;
    Value size = l1 ? F.abs(delta) : F.square(delta);
    Value length = F.sum(size, 2, 3, 4);
    Value moved = F.sum(F.select(F.or(to.inside(), from.inside()), size, zero), 3, 4);
    Value own = root(F.sum(F.select(to.inside(), size, zero), 3, 4));
    Value old = F.div(delta, F.add(own, TINY));
    Value sign = d.random().signs(d.site() + "/sign", image.dtype(), Shape.of(channels, 1, 1));
    Eta eta = new Eta(sides, height > 1, l1);
    Value turn = d.random().signs(d.site() + "/turn", DType.I32, Shape.of(1, 1, 1));
    Value bump =
        eta.at(to.row(), to.column(), stage, F.lt(turn, F.constant(turn, 0)), image.dtype());
    Value fresh = F.select(to.inside(), F.add(F.mul(sign, bump), old), zero);
    Value freshLength = root(F.sum(l1 ? F.abs(fresh) : F.square(fresh), 3, 4));
    Value left = F.sub(l1 ? radius : F.square(radius), length);
    Value share = F.mul(F.maximum(left, F.constant(left, 0)), 1.0 / channels);
    Value all = l1 ? F.mul(F.add(share, moved), channels) : F.sqrt(F.add(share, moved));
    Value scale = F.div(all, F.add(freshLength, TINY));
    Value next = F.select(to.inside(), F.mul(fresh, scale), F.select(from.inside(), zero, delta));
    return F.add(x0, l1 ? next : F.mul(unit(next), radius));
  }

  private Value root(Value sum) {
    return distance == Sparse.L1 ? sum : F.sqrt(sum);
  }

  /**
   * Returns bumps in a grid of five by five, their signs drawn by bump and channel, [M, B, C, H,
   * W]: in l2 as long as the radius, in l1 each as long as the box is wide, if that fills the ball.
   */
  Value bumps(Problem.Draws d, Threat threat, Value radius, DType dtype) {
    Value bumps = bumps(d, dtype);
    Value whole = F.mul(unit(bumps), radius);
    if (distance != Sparse.L1 || !threat.box().isBounded()) {
      return whole;
    }
    Value wide = F.mul(bumps, Minimal.width(threat));
    return F.select(F.lt(F.sum(F.abs(wide), 2, 3, 4), radius), whole, wide);
  }

  private Value bumps(Problem.Draws d, DType dtype) {
    int side = Math.max((height > 1 ? Math.min(height, width) : width) / 5, 1);
    int down = height > 1 ? height / side : 1;
    int right = width / side;
    int tall = height > 1 ? side : 1;
    Value signs = d.random().signs(d.site() + "/bump", dtype, Shape.of(channels, down, right));
    int m = signs.shape().dim(0);
    int b = signs.shape().dim(1);
    Value spread =
        F.broadcast(
            F.reshape(signs, Shape.of(m, b, channels, down, 1, right, 1)),
            Shape.of(m, b, channels, down, tall, right, side));
    Value grid = F.reshape(spread, Shape.of(m, b, channels, down * tall, right * side));
    Value turn = d.random().signs(d.site() + "/turn", DType.I32, Shape.of(1, 1, 1));
    Value row = inTile(F.iota(5, 3, down * tall), tall);
    Value column = inTile(F.iota(5, 4, right * side), side);
    Value stage = F.constant(turn, 0);
    Eta eta = new Eta(new int[] {side}, height > 1, distance == Sparse.L1);
    Value bump = eta.at(row, column, stage, F.lt(turn, F.constant(turn, 0)), dtype);
    Value all = F.mul(grid, bump);
    all = F.pad(all, 3, 0, height - down * tall, 0);
    return F.pad(all, 4, 0, width - right * side, 0);
  }

  /** Returns i modulo the extent of a tile. */
  private static Value inTile(Value i, int extent) {
    Value tile = F.cast(F.mul(F.add(F.cast(i, DType.F64), 0.5), 1.0 / extent), DType.I32);
    return F.sub(i, F.mul(tile, extent));
  }

  /** Scales each row to length 1; 0 stays. */
  private Value unit(Value image) {
    Value length = root(F.sum(distance == Sparse.L1 ? F.abs(image) : F.square(image), 2, 3, 4));
    Value some = F.gt(length, F.constant(length, 0));
    return F.div(image, F.select(some, length, F.constant(length, 1)));
  }

  /** Returns the stage of each row, I32 [M, B, 1, 1, 1]. */
  private Value stage(Value taken) {
    Value steps = each(taken);
    Value stage = F.constant(steps, 0);
    for (int s = 1; s < sides.length; s++) {
      stage = F.add(stage, F.cast(F.gt(steps, F.constant(steps, HALVED[s - 1])), DType.I32));
    }
    return stage;
  }

  /**
   * Where a window lies.
   *
   * @param row distance of each pixel from its first row, I32 [M, B, 1, H, 1]
   * @param column distance from its first column, I32 [M, B, 1, 1, W]
   * @param inside whether a pixel lies in it, [M, B, 1, H, W]
   */
  private record Place(Value row, Value column, Value inside) {}

  private Place place(Value stage, Problem.Draws d, String site) {
    Value wide = Eta.pick(stage, sides);
    Value tall = height > 1 ? wide : F.constant(wide, 1);
    Value row = F.sub(F.iota(5, 3, height), first(d, site + "/row", tall, height));
    Value column = F.sub(F.iota(5, 4, width), first(d, site + "/column", wide, width));
    return new Place(row, column, F.and(within(row, tall), within(column, wide)));
  }

  /** Draws where a window begins, uniformly among all places. */
  private static Value first(Problem.Draws d, String site, Value extent, int all) {
    Value u = d.random().unit(d.site() + site, DType.F32, Shape.of(1, 1, 1));
    Value places = F.sub(F.constant(extent, all + 1), extent);
    Value at = F.cast(F.mul(u, F.cast(places, DType.F32)), DType.I32);
    return F.minimum(at, F.sub(places, F.constant(places, 1))); // a product may round up
  }

  private static Value within(Value at, Value extent) {
    return F.and(F.ge(at, F.constant(at, 0)), F.lt(at, extent));
  }
}
