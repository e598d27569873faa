// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.rigor.exec.Sequence;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.TensorType;
import org.rigor.workspace.Workspace;

/**
 * An attack whose rows advance together: each takes the same number of steps, fooled or not, and
 * keeps the best point it stood on. A run is a beginning and a number of visits, each of which
 * scores the points where rows stand and then moves them; the two programs share the buffers {@code
 * row/...}, {@code best/x} and {@code best/value} of a workspace. {@link CurveAttacker} drives
 * attacks whose rows end early.
 *
 * @param points type of the points, [M, B, features...]
 */
public record Lockstep(Attack attack, TensorType points) {
  private static final String ROW = "row/";

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
    attack.step(problem, now).unlessNan(now).store(b, ROW);
  }

  /**
   * Traces the rest of a visit: keeps a point that is better than all before, then moves on. A row
   * whose next point is NaN stays; a value that is NaN is never the best.
   *
   * @param value what the best point has most of, [M, B, 1]
   */
  public void visit(Program.Builder b, Problem problem, AttackState now, Value value) {
    Value best = b.input("best/value", value.type());
    Value bestX = b.input("best/x", points);
    Value better = F.gt(value, best);
    b.state("best/x", F.select(AttackState.rows(better, bestX), now.x(), bestX));
    b.state("best/value", F.select(better, value, best));
    visit(b, problem, now);
  }

  /**
   * Prepares runs from a number of starts. The caller resets {@code best/...} before each use.
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
