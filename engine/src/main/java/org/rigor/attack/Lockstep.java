// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.rigor.exec.Sequence;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.workspace.Workspace;

/**
 * An attack whose rows advance together: each takes the same number of steps, fooled or not, and
 * keeps the best point it stood on. A run is a beginning and a number of visits, each of which
 * scores the points where rows stand and then moves them; the two programs share the buffers {@code
 * row/...}, {@code best/x} and {@code best/value} of a workspace. Attacks whose steps draw read
 * {@code key}, I32 [M, 2], and {@code ids}, I32 [1, B], there. {@link CurveAttacker} drives attacks
 * whose rows end early.
 *
 * @param points type of the points, [M, B, features...]
 */
public record Lockstep(Attack attack, TensorType points) {
  private static final String ROW = "row/";
  private static final String BEST = "best/value";
  private static final String VISIT = "count/visit";

  /**
   * Traces the beginning of a run.
   *
   * @param place where rows begin, given where the attack would
   */
  public void begin(Program.Builder b, Problem problem, UnaryOperator<Value> place) {
    AttackState own = attack.start(problem);
    // Clean points that models share have model extent 1, and so may what an attack makes of them.
    Map<String, Value> kept = new LinkedHashMap<>();
    attack
        .keeps(points)
        .forEach((name, type) -> kept.put(name, F.broadcast(own.kept().get(name), type.shape())));
    Value x = F.broadcast(place.apply(own.x()), points.shape());
    new AttackState(x, kept).output(b, ROW);
  }

  /** Returns where rows stand in the end, [M, B, features...]. */
  public HostTensor last(Workspace space) {
    return space.read(ROW + "x");
  }

  /** Declares where rows stand. */
  public AttackState now(Program.Builder b) {
    return AttackState.input(b, ROW, attack, points);
  }

  /** Traces the rest of a visit that keeps no best point; a row whose next point is NaN stays. */
  public void visit(Program.Builder b, Problem problem, AttackState now) {
    Problem drawn = problem.withDraws("attack/step", () -> random(b));
    attack.step(drawn, now).unlessNan(now).store(b, ROW);
  }

  /** Returns random numbers by model, sample and visit; starts do not begin the count anew. */
  private Randoms random(Program.Builder b) {
    Value visit = b.input(VISIT, new TensorType(DType.I32, Shape.of(1, 1)));
    b.state(VISIT, F.add(visit, F.constant(visit, 1)));
    int models = points.shape().dim(0);
    Value key = b.input("key", new TensorType(DType.I32, Shape.of(models, 2)));
    Value ids = b.input("ids", new TensorType(DType.I32, Shape.of(1, points.shape().dim(1))));
    return new Randoms(key, ids, visit);
  }

  /** Forgets the values of best points and the visits made, before each use of a sequence. */
  public void rewind(Workspace space) {
    Shape each = Shape.of(points.shape().dim(0), points.shape().dim(1), 1);
    double[] none = new double[Math.toIntExact(each.size())];
    Arrays.fill(none, Double.NEGATIVE_INFINITY);
    boolean floats = space.has(BEST) && space.get(BEST).type().dtype() == DType.F32;
    HostTensor values = HostTensor.of(each, none);
    space.put(BEST, floats ? values.toFloat() : values);
    space.put(VISIT, HostTensor.of(Shape.of(1, 1), new int[1]));
  }

  /**
   * Traces the rest of a visit: keeps a point that is better than all before, then moves on. A row
   * whose next point is NaN stays; a value that is NaN is never the best.
   *
   * @param value what the best point has most of, [M, B, 1]
   * @return which rows stand on their best point, bool [M, B, 1]
   */
  public Value visit(Program.Builder b, Problem problem, AttackState now, Value value) {
    Value best = b.input(BEST, value.type());
    Value bestX = b.input("best/x", points);
    Value better = F.gt(value, best);
    b.state("best/x", F.select(AttackState.rows(better, bestX), now.x(), bestX));
    b.state(BEST, F.select(better, value, best));
    visit(b, problem, now);
    return better;
  }

  /**
   * Prepares runs from a number of starts; see {@link #rewind}.
   *
   * @param visits points scored per start, the start included
   */
  public Sequence sequence(Workspace space, int starts, int visits, Program begin, Program visit) {
    return space.loop(
        starts,
        Sequence.run(space.link(space.declare(begin))),
        Sequence.repeat(visits, Sequence.run(space.link(space.declare(visit)))));
  }
}
