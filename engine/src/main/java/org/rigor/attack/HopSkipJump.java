// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.LinkedHashMap;
import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Distance;
import org.rigor.threat.Norm;

/**
 * HopSkipJump (Chen, Jordan and Wainwright 2020, algorithm 2): asks for decisions alone, one a
 * step. From a random misclassified point it bisects to the boundary, estimates the boundary's
 * normal from decisions around that point, strides along it as far as the point stays
 * misclassified, and bisects again.
 *
 * @param steps decisions asked for, at least 1; thousands do their work
 */
public record HopSkipJump(int steps) implements Attack {
  // What the current point was asked for.
  private static final int SEEK = 0;
  private static final int BISECT = 1;
  private static final int ESTIMATE = 2;
  private static final int STRIDE = 3;

  /** Decisions of the first estimate; those of round t are sqrt(t) times as many. */
  private static final double DECISIONS = 100;

  /** Share of a distance to which a bisection goes, at most. */
  private static final double COARSE = 0.01;

  /** Distance of the first estimate's points from the boundary, in widths of the box. */
  private static final double FIRST = 0.1;

  /** Halvings of a stride after which the row stays where it is. */
  private static final int HALVINGS = 30;

  public HopSkipJump {
    if (steps < 1) {
      throw new IllegalArgumentException("hopskipjump: steps must be >= 1, got " + steps);
    }
  }

  @Override
  public boolean takes(Distance distance) {
    return distance instanceof Norm;
  }

  @Override
  public boolean randomStart() {
    return true;
  }

  @Override
  public boolean minimises() {
    return true;
  }

  @Override
  public boolean decides() {
    return true;
  }

  @Override
  public Map<String, TensorType> keeps(TensorType x) {
    Map<String, TensorType> keeps =
        Minimal.keeps(x, "low", "high", "decisions", "stride", "round", "asked", "phase");
    keeps.put("boundary", x); // the last misclassified point of a bisection
    keeps.put("far", x); // where a bisection begins
    keeps.put("normal", x);
    keeps.put("signed", x); // sum of directions, each with the sign of its decision
    keeps.put("plain", x); // sum of directions
    return keeps;
  }

  @Override
  public AttackState start(Problem p) {
    return Minimal.start(this, p, Map.of());
  }

  /** Share of a distance to which bisections go. */
  private double share(Value x, Norm norm) {
    double n = features(x);
    return Math.min(COARSE, norm == Norm.LINF ? 1 / (n * n) : 1 / (n * Math.sqrt(n)));
  }

  private static double features(Value x) {
    return (double) x.shape().size() / x.shape().dim(0) / x.shape().dim(1);
  }

  @Override
  public AttackState step(Problem p, AttackState state) {
    Norm norm = p.threat().requireNorm();
    Map<String, Value> was = state.kept();
    Value x = was.get(ITERATE);
    Value x0 = p.x0();
    Value fooled = Minimal.fooled(p, x);
    Value phase = rows(was, "phase", x);
    Value low = rows(was, "low", x);
    Value high = rows(was, "high", x);
    Value round = rows(was, "round", x);
    Value asked = F.add(rows(was, "asked", x), 1); // this decision included
    Value zero = F.constant(low, 0);
    Value one = F.constant(low, 1);
    Value far = was.get("far");
    Value boundary = was.get("boundary");

    // Bisection: x divides the way from the sample to a misclassified point.
    Value bisects = is(phase, BISECT);
    Value middle = F.mul(F.add(low, high), 0.5);
    high = F.select(F.and(bisects, fooled), middle, high);
    low = F.select(F.and(bisects, F.not(fooled)), middle, low);
    boundary = F.select(F.and(bisects, fooled), x, boundary);
    double share = share(x, norm);
    Value found = F.and(bisects, F.le(F.sub(high, low), F.mul(high, share)));

    // Estimate: x is a random point near the boundary.
    Value estimates = is(phase, ESTIMATE);
    Value distance = norm.length(F.sub(boundary, x0));
    Value near = near(p, x, share, round, distance);
    Value sign = F.select(fooled, one, F.neg(one));
    Value way = F.div(F.sub(x, boundary), positive(near));
    Value none = F.constant(x, 0);
    Value signed = F.add(was.get("signed"), F.select(estimates, F.mul(way, sign), none));
    Value plain = F.add(was.get("plain"), F.select(estimates, way, none));
    Value decisions = F.add(rows(was, "decisions", x), F.select(estimates, sign, zero));
    Value wanted = F.mul(F.sqrt(F.maximum(round, one)), DECISIONS);
    Value known = F.and(estimates, F.ge(asked, wanted));
    Value mean = F.div(decisions, asked);
    Value alike = F.eq(F.abs(mean), one);
    Value slope =
        F.select(
            alike, F.mul(plain, mean), F.sub(signed, F.mul(plain, F.select(alike, one, mean))));
    Value normal = F.select(known, norm.direction(slope), was.get("normal"));

    // Stride: x lies along the normal; halved while it is not misclassified.
    Value strides = is(phase, STRIDE);
    Value first = F.div(distance, F.sqrt(F.maximum(round, one)));
    Value lands = F.and(strides, fooled);
    Value gives = F.and(strides, F.and(F.not(fooled), F.ge(asked, F.constant(asked, HALVINGS))));
    Value stride = rows(was, "stride", x);
    stride = F.select(known, first, F.select(strides, F.mul(stride, 0.5), stride));
    Value sought = F.and(is(phase, SEEK), fooled);
    Value arrives = F.or(lands, sought);
    Value begins = F.or(arrives, gives); // a bisection
    far = F.select(arrives, x, F.select(gives, boundary, far));
    boundary = F.select(arrives, x, boundary);
    low = F.select(begins, zero, low);
    high = F.select(begins, one, high);

    Value next =
        F.select(
            begins,
            F.constant(phase, BISECT),
            F.select(
                found,
                F.constant(phase, ESTIMATE),
                F.select(known, F.constant(phase, STRIDE), phase)));
    Value turned = F.or(begins, F.or(found, known));
    round = F.add(round, F.select(found, one, zero));
    distance = norm.length(F.sub(boundary, x0));
    near = near(p, x, share, round, distance);

    Value at = ask(p, norm, next, state, far, F.mul(F.add(low, high), 0.5));
    at = F.select(is(next, ESTIMATE), F.add(boundary, F.mul(unit(p, norm, x), near)), at);
    at = F.select(is(next, STRIDE), F.add(boundary, F.mul(normal, stride)), at);

    Map<String, Value> kept = new LinkedHashMap<>();
    kept.put("low", Minimal.flat(low));
    kept.put("high", Minimal.flat(high));
    kept.put("decisions", Minimal.flat(F.select(found, zero, decisions)));
    kept.put("stride", Minimal.flat(stride));
    kept.put("round", Minimal.flat(round));
    kept.put("asked", Minimal.flat(F.select(turned, zero, asked)));
    kept.put("phase", Minimal.flat(next));
    kept.put("boundary", boundary);
    kept.put("far", far);
    kept.put("normal", normal);
    kept.put("signed", F.select(found, none, signed));
    kept.put("plain", F.select(found, none, plain));
    return Minimal.next(p, state, p.threat().cut(at), kept);
  }

  /** Returns the next point of a bisection, or a random one where none is misclassified yet. */
  private static Value ask(
      Problem p, Norm norm, Value next, AttackState state, Value far, Value share) {
    Value x0 = p.x0();
    Value way = F.sub(far, x0);
    Value limit = F.mul(norm.length(way), share);
    Value part = norm == Norm.LINF ? F.clamp(way, F.neg(limit), limit) : F.mul(way, share);
    Value between = F.add(x0, part);
    return F.select(is(next, SEEK), anywhere(p, state), between);
  }

  /** Draws a point of the box; without sides one that is twice as far as that before. */
  private static Value anywhere(Problem p, AttackState state) {
    Problem.Draws d = p.draws().get();
    Value x0 = p.x0();
    Shape features = x0.shape().remove(0).remove(0);
    if (p.threat().box().isBounded()) {
      Value unit = d.random().unit(d.site() + "/seek", x0.dtype(), features);
      return F.add(F.mul(unit, Minimal.width(p.threat())), p.threat().box().lower());
    }
    Value taken = AttackState.rows(state.kept().get(Minimal.STEPS), x0);
    Value doubled = F.exp(F.mul(F.cast(F.minimum(taken, F.constant(taken, 40)), x0.dtype()), 0.7));
    Value normal = d.random().normal(d.site() + "/seek", x0.dtype(), features);
    return F.add(x0, F.mul(normal, F.mul(doubled, COARSE)));
  }

  /** Draws a direction of Euclidean length 1. */
  private static Value unit(Problem p, Norm norm, Value x) {
    Problem.Draws d = p.draws().get();
    Shape features = x.shape().remove(0).remove(0);
    String site = d.site() + "/direction";
    Value drawn =
        norm == Norm.LINF
            ? d.random().uniform(site, x.dtype(), features, -1, 1)
            : d.random().normal(site, x.dtype(), features);
    return F.div(drawn, positive(Norm.L2.length(drawn)));
  }

  /** Returns how far from the boundary decisions are asked for. */
  private static Value near(Problem p, Value x, double share, Value round, Value distance) {
    double n = features(x);
    boolean linf = p.threat().norm() == Norm.LINF;
    Value later = F.mul(distance, share * (linf ? n : Math.sqrt(n)));
    boolean bounded = p.threat().box().isBounded();
    Value first =
        bounded ? F.constant(distance, FIRST * Minimal.width(p.threat())) : F.mul(distance, FIRST);
    return F.select(F.le(round, F.constant(round, 1)), first, later);
  }

  private static Value positive(Value length) {
    Value zero = F.constant(length, 0);
    return F.select(F.gt(length, zero), length, F.constant(length, 1));
  }

  private static Value is(Value phase, int which) {
    return F.eq(phase, F.constant(phase, which));
  }

  private static Value rows(Map<String, Value> was, String name, Value x) {
    return AttackState.rows(was.get(name), x);
  }
}
