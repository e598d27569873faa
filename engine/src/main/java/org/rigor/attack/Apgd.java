// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Distance;
import org.rigor.threat.Norm;
import org.rigor.threat.Sparse;

/**
 * Auto-PGD (Croce and Hein 2020, algorithm 1): gradient ascent with momentum, from a random point
 * at the full radius. Steps begin at two radii. At checkpoints a row whose loss rose in too few
 * steps, or that gained nothing since the checkpoint before, halves its step and returns to its
 * best point. In l1 it is another algorithm, {@link ApgdL1}.
 *
 * @param steps at least 1
 */
public record Apgd(int steps, Form form) implements Attack {
  /** Share of a move that is new; the rest repeats the move before. */
  private static final double NEW = 0.75;

  /** How the algorithm is read. */
  public enum Form {
    /** As the paper has it. */
    PAPER {
      /** Returns ceil(p_j N); in percent, which is exact. */
      @Override
      List<Integer> checkpoints(int steps) {
        List<Integer> at = new ArrayList<>();
        int wait = 22;
        for (int p = wait; p < 100; p += wait) {
          at.add(Math.toIntExact((99L + (long) p * steps) / 100));
          wait = Math.max(wait - 3, 6);
        }
        return at.stream().distinct().toList();
      }

      @Override
      Value few(Value rises, int window) {
        return F.lt(F.mul(rises, 4), F.constant(rises, 3 * window));
      }

      @Override
      Value first(Value start) {
        return start;
      }

      @Override
      int halved() {
        return 0;
      }
    },
    /**
     * As the authors' code has it (auto-attack at its commit a392200): whole numbers of steps
     * between checkpoints; exactly three quarters of rising steps are too few; the loss after the
     * first step is compared with 0 instead of the start's; no row returns at the first checkpoint
     * for want of gain; in l2, lengths that divide are larger by 1e-12. In l1 a point of two
     * changed features is never tried with one, and steps go to features that the box holds, too.
     */
    REFERENCE {
      @Override
      List<Integer> checkpoints(int steps) {
        List<Integer> at = new ArrayList<>();
        int least = atLeastOne(steps, 6);
        int less = atLeastOne(steps, 3);
        int wait = atLeastOne(steps, 22);
        for (int i = wait; i <= steps; i += wait) {
          at.add(i);
          wait = Math.max(wait - less, least);
        }
        return at;
      }

      @Override
      Value few(Value rises, int window) {
        return F.le(F.mul(rises, 4), F.constant(rises, 3 * window));
      }

      @Override
      Value first(Value start) {
        return F.constant(start, 0);
      }

      @Override
      int halved() {
        return 1;
      }

      @Override
      Value direction(Distance norm, Value gradient) {
        return norm == Norm.L2 ? shortened(norm, gradient) : norm.direction(gradient);
      }

      @Override
      Value project(Problem p, Value x) {
        Distance norm = p.threat().norm();
        if (norm != Norm.L2) {
          return super.project(p, x);
        }
        Value d = F.sub(x, p.x0());
        Value far = F.minimum(p.radius(), norm.length(d));
        return super.project(p, F.add(p.x0(), F.mul(shortened(norm, d), far)));
      }

      @Override
      Value uphill(Problem p, Value x, Value gradient) {
        return gradient;
      }

      @Override
      Value twoThirds(Value count) {
        return whole(F.add(F.mul(count, 2), 2));
      }

      private int atLeastOne(int steps, int percent) {
        return Math.max(Math.toIntExact((long) percent * steps / 100), 1);
      }

      private Value shortened(Distance norm, Value d) {
        return F.div(d, F.add(norm.length(d), 1e-12));
      }
    };

    /** Returns after which steps a row may halve its step: ascending, all different. */
    abstract List<Integer> checkpoints(int steps);

    /** Returns whether so many of the steps since the checkpoint before are too few. */
    abstract Value few(Value rises, int window);

    /** Returns the loss with which that after the first step is compared. */
    abstract Value first(Value start);

    /** Returns whether a row counts as halved before its first checkpoint, 1 or 0. */
    abstract int halved();

    Value direction(Distance norm, Value gradient) {
      return norm.direction(gradient);
    }

    Value project(Problem p, Value x) {
      return p.threat().project(x, p.x0(), p.radius());
    }

    /** Returns the gradient among which steps in l1 choose: without features that the box holds. */
    Value uphill(Problem p, Value x, Value gradient) {
      return p.threat().free(x, gradient);
    }

    /** Returns two thirds of a whole number, rounded down; the authors' code rounds up. */
    Value twoThirds(Value count) {
      return whole(F.mul(count, 2));
    }

    private static Value whole(Value thirds) {
      Value third = F.div(thirds, F.constant(thirds, 3));
      return F.cast(F.cast(third, DType.I32), thirds.dtype());
    }
  }

  public Apgd {
    if (steps < 1) {
      throw new IllegalArgumentException("apgd: steps must be >= 1, got " + steps);
    }
  }

  @Override
  public boolean takes(Distance distance) {
    return distance != Sparse.L0; // which has no steepest direction
  }

  @Override
  public Attack in(Distance distance) {
    return distance == Sparse.L1 ? new ApgdL1(steps, form) : this;
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
    keeps.put("before", x); // the point before
    keeps.put("best", x);
    keeps.put("best-gradient", x);
    keeps.put("length", number);
    keeps.put("loss", number); // at the point before
    keeps.put("best-loss", number);
    keeps.put("checked", number); // best loss at the last checkpoint
    keeps.put("rises", count); // since the last checkpoint
    keeps.put("halved", count); // 1 if at the last checkpoint
    keeps.put("steps", count); // taken so far
    return keeps;
  }

  @Override
  public AttackState start(Problem p) {
    Value x = p.drawOutermost();
    Shape rows = p.radius().shape();
    Value radius = F.reshape(p.radius(), Shape.of(rows.dim(0), rows.dim(1)));
    Map<String, Value> set =
        Map.of(
            "length", F.mul(radius, 2),
            "halved", F.fill(DType.I32, Shape.of(1, 1), form.halved()));
    Map<String, Value> kept = new LinkedHashMap<>();
    keeps(x.type())
        .forEach(
            (name, t) -> {
              Value zero = F.fill(t.dtype(), t.shape(), 0);
              Value own = set.get(name);
              kept.put(name, own == null ? zero : F.broadcast(own, t.shape()));
            });
    return new AttackState(x, kept);
  }

  @Override
  public AttackState step(Problem p, AttackState state) {
    Value x = state.x();
    Map<String, Value> was = state.kept();
    Value length = was.get("length");
    Value taken = was.get("steps");
    Value first = F.eq(taken, F.constant(taken, 0));
    Value loss = F.reshape(p.loss().apply(x), length.shape());
    Value gradient = p.gradient().apply(x);

    Value better = F.or(first, F.gt(loss, was.get("best-loss")));
    Value best = where(better, x, was.get("best"));
    Value bestGradient = where(better, gradient, was.get("best-gradient"));
    Value bestLoss = F.select(better, loss, was.get("best-loss"));
    Value rose = F.and(F.not(first), F.gt(loss, was.get("loss")));
    Value rises = F.add(was.get("rises"), F.cast(rose, DType.I32));

    Value checkpoint = F.lt(taken, F.constant(taken, 0)); // none
    Value few = checkpoint;
    int last = 0;
    for (int at : form.checkpoints(steps)) {
      Value here = F.eq(taken, F.constant(taken, at));
      checkpoint = F.or(checkpoint, here);
      few = F.or(few, F.and(here, form.few(rises, at - last)));
      last = at;
    }
    Value checked = F.select(first, loss, was.get("checked"));
    Value gained = F.gt(bestLoss, checked);
    Value halved = was.get("halved");
    Value still = F.not(F.or(gained, F.eq(halved, F.constant(halved, 1))));
    Value halves = F.and(checkpoint, F.or(few, still));

    Value from = where(halves, best, x);
    Value far = F.select(halves, F.mul(length, 0.5), length);
    Value before = where(first, from, was.get("before"));
    Value uphill = where(halves, bestGradient, gradient);
    Value direction = form.direction(p.threat().norm(), uphill);
    Value target = form.project(p, F.add(from, F.mul(direction, AttackState.rows(far, x))));
    Value share = AttackState.rows(F.select(first, F.constant(far, 1), F.constant(far, NEW)), x);
    Value momentum = F.mul(F.sub(F.constant(share, 1), share), F.sub(from, before));
    Value moved = F.add(F.add(from, F.mul(share, F.sub(target, from))), momentum);

    Value zero = F.constant(taken, 0);
    Map<String, Value> kept = new LinkedHashMap<>();
    kept.put("before", from);
    kept.put("best", best);
    kept.put("best-gradient", bestGradient);
    kept.put("length", far);
    kept.put("loss", F.select(first, form.first(loss), loss));
    kept.put("best-loss", bestLoss);
    kept.put("checked", F.select(checkpoint, bestLoss, checked));
    kept.put("rises", F.select(checkpoint, zero, rises));
    kept.put("halved", F.select(checkpoint, F.cast(halves, DType.I32), halved));
    kept.put("steps", F.add(taken, 1));
    return new AttackState(form.project(p, moved), kept);
  }

  private static Value where(Value rows, Value a, Value b) {
    return F.select(AttackState.rows(rows, a), a, b);
  }
}
