// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Order;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Distance;
import org.rigor.threat.Norm;
import org.rigor.threat.Sparse;

/**
 * Auto-PGD in l1 (Croce and Hein 2021, "Mind the box"): each step moves the features with the
 * steepest slopes, all by the same length, and projects onto ball and box at once. At checkpoints a
 * row takes two thirds of the features in which its best point differs from the sample; where those
 * became fewer it returns there with the full step, elsewhere its step shrinks.
 *
 * <p>The search takes 0.3 of the steps in the ball of three radii, as many in that of two, the rest
 * in the ball itself, and enters each at the best point so far; with few steps it stays in the
 * ball. The point that counts is the search's, moved into the ball.
 *
 * @param steps at least 1; two of them lead from ball to ball
 */
record ApgdL1(int steps, Apgd.Form form) implements Attack {
  private static final String SEARCH = "search";

  /** Fewest steps that are divided among three balls. */
  private static final int DIVIDED = 12;

  /** Share of the features that first move, in a search that stays in the ball. */
  private static final double FIRST = 0.2;

  /** Share of the features before, below which a point became sparser. */
  private static final double SPARSER = 0.95;

  private static final double SHRINKS = 1.5;

  /** Shortest step, in the radii of the ball. */
  private static final double SHORTEST = 0.1;

  /**
   * Steps within one ball.
   *
   * @param first step that starts from the point that entered it
   * @param moves gradient steps
   * @param radii of the ball over the radius
   */
  private record Stage(int first, int moves, int radii) {
    /** Returns the steps from one checkpoint to the next. */
    int period() {
      return Math.max(4 * moves / 100, 1);
    }
  }

  ApgdL1 {
    if (steps < 1) {
      throw new IllegalArgumentException("apgd: steps must be >= 1, got " + steps);
    }
  }

  private List<Stage> stages() {
    if (steps < DIVIDED) {
      return List.of(new Stage(0, steps, 1));
    }
    int moves = steps - 2;
    int wide = (3 * moves + 9) / 10;
    List<Stage> stages = new ArrayList<>();
    for (int radii = 3, first = 0; radii > 0; radii--) {
      int own = radii == 1 ? moves - 2 * wide : wide;
      stages.add(new Stage(first, own, radii));
      first += own + 1;
    }
    return stages;
  }

  /** Returns a number of the stage of each row, shaped like {@code like}. */
  private Value pick(Value taken, Value like, ToDoubleFunction<Stage> of) {
    List<Stage> stages = stages();
    Value picked = F.constant(like, of.applyAsDouble(stages.get(0)));
    for (Stage s : stages.subList(1, stages.size())) {
      Value before = F.lt(taken, F.constant(taken, s.first()));
      picked = F.select(before, picked, F.constant(like, of.applyAsDouble(s)));
    }
    return picked;
  }

  @Override
  public boolean takes(Distance distance) {
    return distance == Sparse.L1;
  }

  @Override
  public boolean randomStart() {
    return true;
  }

  @Override
  public Map<String, TensorType> keeps(TensorType x) {
    Shape each = Shape.of(x.shape().dim(0), x.shape().dim(1));
    TensorType number = new TensorType(x.dtype(), each);
    TensorType count = new TensorType(DType.I32, each);
    Map<String, TensorType> keeps = new LinkedHashMap<>();
    keeps.put(SEARCH, x);
    keeps.put("best", x);
    keeps.put("best-gradient", x);
    keeps.put("best-loss", number);
    keeps.put("length", number); // of a step, in radii of the ball
    keeps.put("changed", number); // features, at the last checkpoint
    keeps.put("moved", number); // features of a step
    keeps.put("since", count); // steps since the last checkpoint
    keeps.put("steps", count); // taken so far
    return keeps;
  }

  /** Starts at normal noise, one standard deviation the width of the box, in the first ball. */
  @Override
  public AttackState start(Problem p) {
    Problem.Draws d = p.draws().get();
    Value x0 = p.x0();
    Shape features = x0.shape().remove(0).remove(0);
    Value noise = d.random().normal(d.site() + "/normal", x0.dtype(), features);
    Value spread =
        p.threat().box().isBounded()
            ? F.constant(p.radius(), Minimal.width(p.threat()))
            : p.radius();
    Value wide = F.mul(p.radius(), stages().get(0).radii());
    Value search = p.threat().project(F.add(x0, F.mul(noise, spread)), x0, wide);
    Map<String, Value> kept = new LinkedHashMap<>();
    keeps(search.type()).forEach((name, t) -> kept.put(name, F.fill(t.dtype(), t.shape(), 0)));
    kept.put(SEARCH, search);
    return new AttackState(p.threat().project(search, x0, p.radius()), kept);
  }

  @Override
  public AttackState step(Problem p, AttackState state) {
    Map<String, Value> was = state.kept();
    Value x = was.get(SEARCH);
    Value taken = was.get("steps");
    Value length = was.get("length");
    Value loss = F.reshape(p.loss().apply(x), taken.shape());
    Value gradient = p.gradient().apply(x);
    Value begins = F.eq(taken, F.cast(pick(taken, length, Stage::first), DType.I32));
    Value better = F.or(begins, F.gt(loss, was.get("best-loss")));
    Value best = where(better, x, was.get("best"));
    Value bestGradient = where(better, gradient, was.get("best-gradient"));

    Value since = F.select(begins, F.constant(taken, 0), F.add(was.get("since"), 1));
    Value period = F.cast(pick(taken, length, Stage::period), DType.I32);
    Value checkpoint = F.eq(since, period);
    Value changed = F.reshape(Sparse.L0.length(F.sub(best, p.x0())), taken.shape());
    Value sparser = F.and(checkpoint, F.lt(changed, F.mul(was.get("changed"), SPARSER)));
    Value one = F.constant(length, 1);
    Value shorter = F.maximum(F.mul(length, 1 / SHRINKS), F.constant(length, SHORTEST));
    Value far = F.select(F.or(begins, sparser), one, F.select(checkpoint, shorter, length));
    Value most = form.twoThirds(changed);
    if (stages().size() == 1) {
      long n = x.shape().size() / x.shape().dim(0) / x.shape().dim(1);
      changed = F.select(begins, F.constant(changed, n), changed);
      most = F.select(begins, F.constant(most, Math.ceil(FIRST * n)), most);
    }
    Value renews = F.or(begins, checkpoint);
    Value moved = F.select(renews, most, was.get("moved"));

    Value from = where(sparser, best, x);
    Value uphill = form.uphill(p, from, where(sparser, bestGradient, gradient));
    Value next = F.add(taken, 1);
    Value radii = pick(next, length, Stage::radii);
    Value ball = F.mul(p.radius(), AttackState.rows(radii, x));
    Value move = F.mul(steepest(uphill, moved), F.mul(ball, AttackState.rows(far, x)));
    Value leaves = F.eq(next, F.cast(pick(next, length, Stage::first), DType.I32));
    Value ahead = p.threat().project(where(leaves, best, F.add(from, move)), p.x0(), ball);
    Value inside = F.eq(radii, F.constant(radii, 1));
    Value near = where(inside, ahead, p.threat().project(ahead, p.x0(), p.radius()));

    Map<String, Value> kept = new LinkedHashMap<>();
    kept.put(SEARCH, ahead);
    kept.put("best", best);
    kept.put("best-gradient", bestGradient);
    kept.put("best-loss", F.select(better, loss, was.get("best-loss")));
    kept.put("length", far);
    kept.put("changed", F.select(renews, changed, was.get("changed")));
    kept.put("moved", moved);
    kept.put("since", F.select(checkpoint, F.constant(since, 0), since));
    kept.put("steps", next);
    return new AttackState(near, kept);
  }

  /** Returns the signs of the largest elements, at least one of them, over how many they are. */
  private static Value steepest(Value gradient, Value most) {
    Value size = DeepFool.flat(F.abs(gradient));
    int n = size.shape().dim(2);
    Value sorted = Order.sort(size, 2).values();
    Value place = F.sub(F.constant(most, n), most);
    Value last = F.minimum(F.cast(place, DType.I32), F.fill(DType.I32, place.shape(), n - 1));
    Value least = Order.takeAlong(sorted, F.reshape(last, last.shape().insert(2, 1)));
    Value chosen = F.ge(F.abs(gradient), AttackState.rows(Minimal.flat(least), gradient));
    Value signs = F.select(chosen, F.sign(gradient), F.constant(gradient, 0));
    Value count = F.sum(F.abs(signs), Norm.features(signs));
    return F.div(signs, F.maximum(count, F.constant(count, 1)));
  }

  private static Value where(Value rows, Value a, Value b) {
    return F.select(AttackState.rows(rows, a), a, b);
  }
}
