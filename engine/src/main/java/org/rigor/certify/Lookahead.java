// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.List;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.TensorType;

/**
 * Choice among candidates for a split by bounds of their halves, without ascent (De Palma et al.
 * 2021): first of all halves at and above the point, then of those below. Bounds that only choose
 * need no rounding enclosed.
 */
record Lookahead(Lanes slots) {
  /** Candidates of each order. */
  private static final int EACH = 3;

  /** Orders by which candidates are taken. */
  private static final int ORDERS = 2;

  private static final int CANDIDATES = EACH * ORDERS;

  /** Bounds that a choice takes. */
  static final int HALVES = 2 * CANDIDATES;

  /**
   * A half of a candidate, [M, B, 1] each.
   *
   * @param unit I32, among the elements of all bends
   * @param sign F32, 1 or -1
   * @param point F64; null where units are split at 0
   */
  record Half(Value unit, Value sign, Value point) {}

  private Value input(Program.Builder b, String name, DType dtype, int numbers) {
    return b.input(slots.name(name), new TensorType(dtype, slots.shape().insert(2, numbers)));
  }

  private Value candidates(Program.Builder b) {
    return input(b, "candidates", DType.I32, CANDIDATES);
  }

  private Value points(Program.Builder b) {
    return input(b, "candidate-points", DType.F64, CANDIDATES);
  }

  /**
   * Traces the candidates, of which none was looked at.
   *
   * @param scores of all elements; those of candidates must be positive
   * @param orders scores by which candidates are taken, the highest first
   * @param points where elements are cut, or null
   */
  void begin(Program.Builder b, Value scores, List<Value> orders, Value points) {
    List<Value> all = new ArrayList<>();
    Value iota = F.broadcast(F.iota(3, 2, scores.shape().dim(2)), scores.shape());
    for (Value order : orders) {
      Value left = order;
      for (int n = 0; n < EACH; n++) {
        Value best = F.reshape(F.argMax(left, 2), slots.shape().insert(2, 1));
        all.add(best);
        Value taken = F.eq(iota, F.broadcast(best, iota.shape()));
        left = F.select(taken, F.constant(left, -1), left);
      }
    }
    Value candidates = F.concat(2, all);
    b.output(slots.name("candidates"), candidates);
    b.output(slots.name("candidate-scores"), F.takeAlong(scores, candidates));
    if (points != null) {
      b.output(slots.name("candidate-points"), F.takeAlong(points, candidates));
    }
    b.output(slots.name("halves"), F.fill(DType.F32, slots.f32(HALVES).shape(), 0));
    b.output(slots.name("turn"), F.fill(DType.I32, slots.shape().insert(2, 1), 0));
  }

  /** Returns the half whose turn it is. */
  Half half(Program.Builder b, boolean cuts) {
    Value turn = input(b, "turn", DType.I32, 1);
    Value count = F.constant(turn, CANDIDATES);
    Value above = F.lt(turn, count);
    Value place = F.select(above, turn, F.sub(turn, count));
    Value one = F.fill(DType.F32, place.shape(), 1);
    return new Half(
        F.takeAlong(candidates(b), place),
        F.select(above, one, F.neg(one)),
        cuts ? F.takeAlong(points(b), place) : null);
  }

  /** Traces that a half has its bound. */
  Program next() {
    Program.Builder b = Program.builder("row-next");
    Value turn = input(b, "turn", DType.I32, 1);
    Value child = b.input(slots.name("child"), new TensorType(DType.F32, slots.shape()));
    Value halves = input(b, "halves", DType.F32, HALVES);
    Value iota = F.broadcast(F.iota(3, 2, HALVES), halves.shape());
    Value now = F.eq(iota, F.broadcast(turn, iota.shape()));
    Value own = F.broadcast(F.reshape(child, turn.shape()), halves.shape());
    b.state(slots.name("halves"), F.select(now, own, halves));
    return b.state(slots.name("turn"), F.add(turn, 1)).build();
  }

  /** Traces the choice: the candidate whose worse half has the highest bound. */
  Program choose(boolean cuts) {
    Program.Builder b = Program.builder("row-choose");
    Value halves = input(b, "halves", DType.F32, HALVES);
    Value worse =
        F.minimum(F.slice(halves, 2, 0, CANDIDATES), F.slice(halves, 2, CANDIDATES, HALVES));
    Value scores = input(b, "candidate-scores", DType.F64, CANDIDATES);
    Value none = F.constant(worse, -Float.MAX_VALUE);
    Value valid = F.and(F.gt(scores, F.constant(scores, 0)), F.gt(worse, none));
    Value best = F.argMax(F.select(valid, worse, none), 2);
    Value place = F.reshape(best, slots.shape().insert(2, 1));
    b.output(slots.name("branch"), F.reshape(F.takeAlong(candidates(b), place), slots.shape()));
    if (cuts) {
      b.output(slots.name("cut"), F.reshape(F.takeAlong(points(b), place), slots.shape()));
    }
    return b.build();
  }
}
