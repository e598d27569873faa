// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.List;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.TensorType;

/** Steps of Adam (Kingma and Ba 2015) that raise the bound of each row, in F32. */
final class Climb {
  private static final double DECAY = 0.98;
  private static final double MEAN = 0.9;
  private static final double SQUARE = 0.999;

  private Climb() {}

  /**
   * What a row's ascent moves.
   *
   * @param name of its buffer, without {@code slot/}
   * @param type F32 [M, B, numbers]
   * @param rate of the first step
   */
  record Variable(String name, TensorType type, double least, double most, double rate) {
    /** Returns the name of the buffer with the numbers of the best bound so far. */
    String best() {
      return "best-" + name;
    }
  }

  /** Traces the state of rows [M, B] that have taken no step; they start at given numbers. */
  static void begin(Program.Builder b, Lanes slots, List<Variable> variables, List<Value> at) {
    for (int i = 0; i < variables.size(); i++) {
      Variable v = variables.get(i);
      b.output(slots.name(v.name()), at.get(i));
      b.output(slots.name(v.best()), F.add(at.get(i), 0));
      b.output(slots.name("mean-" + v.name()), F.fill(DType.F32, v.type().shape(), 0));
      b.output(slots.name("square-" + v.name()), F.fill(DType.F32, v.type().shape(), 0));
    }
    b.output(slots.name("highest"), F.fill(DType.F32, slots.shape(), Double.NEGATIVE_INFINITY));
    b.output(slots.name("steps"), F.fill(DType.F32, slots.shape(), 0));
  }

  /**
   * Traces a step along {@code slot/gradient-name}, the gradients of {@code slot/bound}; keeps the
   * numbers with the highest bound. Steps are as long as {@code slot/rate} says.
   */
  static Program step(List<Variable> variables, Lanes slots) {
    Program.Builder b = Program.builder("row-step");
    TensorType each = new TensorType(DType.F32, slots.shape());
    Value bound = b.input(slots.name("bound"), each);
    Value highest = b.input(slots.name("highest"), each);
    Value steps = b.input(slots.name("steps"), each);
    Value better = F.gt(bound, highest);
    Value next = F.add(steps, 1);
    Value decay = F.exp(F.mul(steps, Math.log(DECAY)));
    Value rate = F.mul(b.input(slots.name("rate"), each), decay);
    Value meanScale = F.mul(rate, corrected(next, MEAN));
    Value squareScale = corrected(next, SQUARE);
    for (Variable v : variables) {
      Value now = b.input(slots.name(v.name()), v.type());
      Value best = b.input(slots.name(v.best()), v.type());
      Value g = b.input(slots.name("gradient-" + v.name()), v.type());
      Value mean = average(b.input(slots.name("mean-" + v.name()), v.type()), g, MEAN);
      Value square =
          average(b.input(slots.name("square-" + v.name()), v.type()), F.square(g), SQUARE);
      Value length = F.add(F.sqrt(F.mul(square, like(squareScale, square))), 1e-12);
      Value move = F.div(F.mul(mean, like(F.mul(meanScale, v.rate()), mean)), length);
      b.state(slots.name(v.name()), F.clamp(F.add(now, move), v.least(), v.most()));
      b.state(slots.name("mean-" + v.name()), mean);
      b.state(slots.name("square-" + v.name()), square);
      b.state(slots.name(v.best()), F.select(like(better, now), now, best));
    }
    b.state(slots.name("highest"), F.select(better, bound, highest));
    return b.state(slots.name("steps"), next).build();
  }

  private static Value average(Value old, Value now, double keep) {
    return F.add(F.mul(old, keep), F.mul(now, 1 - keep));
  }

  /** Returns 1 / (1 - keep^n). */
  private static Value corrected(Value n, double keep) {
    Value power = F.exp(F.mul(n, Math.log(keep)));
    return F.div(F.constant(n, 1), F.sub(F.constant(n, 1), power));
  }

  private static Value like(Value slots, Value v) {
    return F.broadcast(F.reshape(slots, SearchWork.ones(v.shape())), v.shape());
  }
}
