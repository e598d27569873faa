// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.LinkedHashMap;
import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Norm;

/**
 * Square attack (Andriushchenko et al. 2020, algorithms 1 to 3): random search that asks for losses
 * alone. Each step changes a random square window of an image, a random interval of a vector, and
 * keeps the change if it raises the loss; windows shrink as in the paper's table. Every row draws
 * its own windows and signs.
 *
 * @param steps points asked for after the first, at least 1
 */
public record Square(int steps) implements Attack {
  public Square {
    if (steps < 1) {
      throw new IllegalArgumentException("square: steps must be >= 1, got " + steps);
    }
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
    Windows windows = Windows.of(p.x0().shape(), p.threat().requireNorm(), steps);
    Problem.Draws d = p.draws().get();
    Value x0 = windows.image(p.x0());
    Value radius = Windows.each(p.radius());
    Value unit =
        p.threat().norm() == Norm.LINF
            ? windows.stripes(d, x0.dtype())
            : windows.bumps(d, x0.dtype());
    Value far = windows.points(F.add(x0, F.mul(unit, radius)));
    Value inside = p.threat().project(far, p.x0(), p.radius());
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

    Windows windows = Windows.of(x.shape(), p.threat().requireNorm(), steps);
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
}
