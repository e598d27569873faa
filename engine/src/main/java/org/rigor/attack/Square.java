// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Distance;
import org.rigor.threat.Norm;
import org.rigor.threat.Sparse;

/**
 * Square attack (Andriushchenko et al. 2020, algorithms 1 to 3; in l1 Croce and Hein 2021): random
 * search that asks for losses alone. Each step changes a random square window of an image, a random
 * interval of a vector, and keeps the change if it raises the loss; windows shrink as in the
 * paper's table. Every row draws its own windows and signs.
 *
 * @param steps points asked for after the first, at least 1
 * @param layout of images that the network takes as rows of pixels
 */
public record Square(int steps, Optional<ImageLayout> layout) implements Attack {
  public Square {
    if (steps < 1) {
      throw new IllegalArgumentException("square: steps must be >= 1, got " + steps);
    }
  }

  /** Returns the attack on samples whose shape says what they are. */
  public static Square of(int steps) {
    return new Square(steps, Optional.empty());
  }

  @Override
  public boolean takes(Distance distance) {
    return distance != Sparse.L0;
  }

  @Override
  public boolean randomStart() {
    return true;
  }

  @Override
  public Map<String, TensorType> keeps(TensorType x) {
    Shape each = Shape.of(x.shape().dim(0), x.shape().dim(1));
    Map<String, TensorType> keeps = new LinkedHashMap<>();
    keeps.put("best", x);
    keeps.put("best-loss", new TensorType(x.dtype(), each));
    keeps.put("steps", new TensorType(DType.I32, each));
    return keeps;
  }

  @Override
  public AttackState start(Problem p) {
    Windows windows = windows(p);
    Problem.Draws d = p.draws().get();
    Value x0 = windows.image(p.x0());
    Value radius = Windows.each(p.radius());
    Value far =
        p.threat().norm() == Norm.LINF
            ? F.mul(windows.stripes(d, x0.dtype()), radius)
            : windows.bumps(d, p.threat(), radius, x0.dtype());
    Value inside = p.threat().project(windows.points(F.add(x0, far)), p.x0(), p.radius());
    Map<String, Value> kept = new LinkedHashMap<>();
    keeps(inside.type()).forEach((name, t) -> kept.put(name, F.fill(t.dtype(), t.shape(), 0)));
    return new AttackState(inside, kept);
  }

  @Override
  public AttackState step(Problem p, AttackState state) {
    Value x = state.x();
    Value taken = state.kept().get("steps");
    Value lossBefore = state.kept().get("best-loss");
    Value loss = F.reshape(p.loss().apply(x), taken.shape());
    Value better = F.or(F.eq(taken, F.constant(taken, 0)), F.gt(loss, lossBefore));
    Value best = F.select(AttackState.rows(better, x), x, state.kept().get("best"));

    Windows windows = windows(p);
    Problem.Draws d = p.draws().get();
    Value at = windows.image(best);
    Value x0 = windows.image(p.x0());
    Value radius = Windows.each(p.radius());
    Value moved =
        p.threat().norm() == Norm.LINF
            ? windows.flip(at, radius, taken, d)
            : windows.redistribute(at, x0, radius, taken, d);
    Map<String, Value> kept = new LinkedHashMap<>();
    kept.put("best", best);
    kept.put("best-loss", F.select(better, loss, lossBefore));
    kept.put("steps", F.add(taken, 1));
    Value next = p.threat().project(windows.points(moved), p.x0(), p.radius());
    return new AttackState(next, kept);
  }

  private Windows windows(Problem p) {
    return Windows.of(p.x0().shape(), p.threat().norm(), steps, layout);
  }
}
