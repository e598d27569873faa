// SPDX-License-Identifier: Apache-2.0
package org.rigor.verify;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import org.rigor.attack.Distances;
import org.rigor.attack.NearPoints;
import org.rigor.certify.BallSearch;
import org.rigor.certify.BallSearch.Ball;
import org.rigor.certify.Certificate;
import org.rigor.certify.Certificates;
import org.rigor.certify.Certifier;
import org.rigor.data.Box;
import org.rigor.tensor.Draws;
import org.rigor.tensor.HostTensor;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;
import org.rigor.workspace.Models;

/**
 * Brackets the least distance to a misclassified point to a share of itself, for M models and N
 * samples at once, by branch and bound over balls. Of an attack that found the nearest point the
 * ball just below its distance is verified, and one verdict ends the search. A point found in that
 * ball is the new upper side, and the next ball is smaller by a share that grows with each such
 * point; between a verified ball and a violated one radii are halved. Where a search spends its
 * budget, smaller balls bound the distance as far as is cheap.
 */
public final class RadiusFinder implements AutoCloseable {
  /** Part of the share by which the first ball lies below the upper side. */
  private static final double BELOW = 0.95;

  /** Growth of that from one violated ball to the next, while none is verified. */
  private static final double FASTER = 4;

  /** Least share of a radius that is given up after a search without an answer. */
  private static final double STEP_BACK = 0.05;

  /** Points of a search that are looked around, those with the largest margins. */
  private static final int PROPOSALS = 3;

  /** Points around a witness that are looked around where a search had no answer. */
  private static final int STARTS = 24;

  /** How far they lie, in radii. */
  private static final double[] SCALES = {0.02, 0.1, 0.5, 2};

  private static final int SITE = 0x52414449;

  /** Least share that rounding leaves no doubt about. */
  private static final double LEAST = 1e-9;

  private final Models networks;
  private final BallSearch search;
  private final Threat threat;
  private final double share;
  private BallCheck check; // made when the first point is to be checked

  /**
   * Creates a finder for networks, which must stay open while it is used.
   *
   * @param share of the upper side that a bracket may be wide, in [1e-9, 1)
   * @param budget rows times steps of ascent for each ball, at least 1
   */
  public RadiusFinder(Models networks, Box box, Norm norm, double share, long budget) {
    if (!(share >= LEAST && share < 1)) {
      throw new IllegalArgumentException(
          "radii: share must lie in [%s, 1), got %s".formatted(LEAST, share));
    }
    this.networks = networks;
    this.threat = new Threat(norm, box);
    this.share = share;
    this.search = new BallSearch(networks, box, norm, budget);
  }

  /**
   * Traces the bounds without computing anything.
   *
   * @throws org.rigor.ir.MissingRuleException if the network has an operation without a bound rule
   */
  public void requireRules() {
    List<Certificate> bounds = Certificates.cheapestFirst("crown");
    try (Certifier certifier =
        new Certifier(networks, bounds, threat.box(), threat.requireNorm())) {
      certifier.requireRules();
    }
  }

  /**
   * Brackets distances.
   *
   * @param x samples [N, features...], inside the box
   * @param labels I32 [N], each in [0, outputs)
   * @param attacked distances of attacks on these samples; one that is infinite stays so
   */
  public Radii run(HostTensor x, HostTensor labels, Distances attacked) {
    int samples = labels.shape().dim(0);
    int features = Math.toIntExact(x.shape().size() / samples);
    int models = networks.count();
    double[][] centres = new double[samples][features];
    for (int n = 0; n < samples; n++) {
      x.copy(n * features, features, centres[n], 0);
    }
    Radii out =
        new Radii(
            new double[models][samples],
            new double[models][samples],
            Arrays.stream(attacked.witness()).map(double[][]::clone).toArray(double[][][]::new),
            new int[models][samples],
            new long[models][samples],
            attacked.kind(),
            networks.network().kindOfSides());
    List<List<Bracket>> open = new ArrayList<>();
    for (int m = 0; m < models; m++) {
      List<Bracket> own = new ArrayList<>();
      for (int n = 0; n < samples; n++) {
        own.add(new Bracket(m, n, new Ball(centres[n], labels.ints()[n], 0), attacked));
      }
      open.add(own);
    }
    List<Bracket> all = open.stream().flatMap(List::stream).toList();
    try (NearPoints near = new NearPoints(networks, threat, x, labels)) {
      all.stream().filter(Bracket::isOpen).forEach(b -> b.proposals.add(Proposal.of(b.witness)));
      walk(near, all);
      while (all.stream().anyMatch(Bracket::isOpen)) {
        round(open.stream().map(own -> own.stream().filter(Bracket::isOpen).toList()).toList());
        walk(near, all);
      }
    }
    for (Bracket b : all) {
      out.lower()[b.model][b.sample] = b.low;
      out.upper()[b.model][b.sample] = b.high;
      out.witness()[b.model][b.sample] = b.witness;
      out.verdicts()[b.model][b.sample] = b.verdicts;
      out.iterations()[b.model][b.sample] = b.iterations;
    }
    return out;
  }

  /** Draws what was proposed, and points that were found, to the nearest points around them. */
  private void walk(NearPoints near, List<Bracket> all) {
    int samples = all.size() / networks.count();
    while (all.stream().anyMatch(b -> !b.proposals.isEmpty())) {
      double[][][] from = new double[networks.count()][samples][];
      for (Bracket b : all) {
        Proposal p = b.proposals.poll();
        from[b.model][b.sample] = p == null ? null : p.x();
      }
      Distances found = near.run(from);
      for (Bracket b : all) {
        double far = found.distance()[b.model][b.sample];
        if (Double.isFinite(far)) {
          b.take(new BallCheck.Adversarial(found.witness()[b.model][b.sample], far));
        }
      }
    }
    all.forEach(Bracket::easier);
  }

  /**
   * A point that may have a misclassified one near it.
   *
   * @param margin lower side of the largest wrong logit minus the right one
   */
  private record Proposal(double[] x, double margin) {
    static Proposal of(double[] witness) {
      return new Proposal(witness, 0);
    }
  }

  private void round(List<List<Bracket>> open) {
    List<List<Ball>> balls =
        open.stream().map(own -> own.stream().map(Bracket::next).toList()).toList();
    BallSearch.Judge judge =
        (m, i, point) -> {
          Bracket bracket = open.get(m).get(i);
          BallCheck.Moved moved = check().move(m, balls.get(m).get(i), point);
          bracket.propose(new Proposal(moved.x(), moved.margin()));
          return moved.adversarial().map(bracket::take).isPresent();
        };
    List<List<BallSearch.Found>> found = search.run(balls, judge);
    for (int m = 0; m < open.size(); m++) {
      for (int i = 0; i < open.get(m).size(); i++) {
        open.get(m).get(i).take(balls.get(m).get(i).epsilon(), found.get(m).get(i));
      }
    }
  }

  private BallCheck check() {
    if (check == null) {
      check = new BallCheck(networks, threat);
    }
    return check;
  }

  /** What is known of the distance of a sample. */
  private final class Bracket {
    final int model;
    final int sample;
    final Ball centre;
    double low;
    double high;

    /** Least radius of a search without an answer. */
    double hard = Double.POSITIVE_INFINITY;

    double below = BELOW;
    double[] witness;
    final Deque<Proposal> proposals = new ArrayDeque<>();
    int verdicts;
    long iterations;

    Bracket(int model, int sample, Ball centre, Distances attacked) {
      this.model = model;
      this.sample = sample;
      this.centre = centre;
      this.witness = attacked.witness()[model][sample];
      double far = attacked.distance()[model][sample];
      // a distance in linf is rounded to nearest
      this.high = far > 0 && Double.isFinite(far) ? Math.nextUp(far) : far;
    }

    boolean isOpen() {
      double top = Math.min(hard, high);
      double width = hard < high ? STEP_BACK : share;
      return Double.isFinite(top) && low < top * (1 - width);
    }

    Ball next() {
      double top = Math.min(hard, high);
      double radius =
          low > 0
              ? Math.max(Math.sqrt(low * top), top * (1 - FASTER * FASTER * share))
              : hard < high ? top / 2 : top * Math.max(0.5, 1 - below * share);
      return new Ball(centre.x(), centre.label(), Math.min(radius, Math.nextDown(top)));
    }

    /** Keeps a point if it is among the likeliest. */
    void propose(Proposal p) {
      proposals.add(p);
      if (proposals.size() > PROPOSALS) {
        proposals.remove(
            proposals.stream().min(Comparator.comparingDouble(Proposal::margin)).orElseThrow());
      }
    }

    BallCheck.Adversarial take(BallCheck.Adversarial found) {
      if (found.distance() < high) {
        high = Math.nextUp(found.distance());
        witness = found.x();
      }
      return found;
    }

    /** Proposes points around the nearest one: another piece of the boundary may be nearer. */
    void scatter() {
      double most = high / threat.requireNorm().ofOnes(witness.length);
      for (int k = 0; k < STARTS; k++) {
        Draws draws = new Draws(k, SITE, 0);
        double far = most * SCALES[k % SCALES.length];
        double[] x = witness.clone();
        for (int i = 0; i < x.length; i++) {
          double moved = x[i] + far * draws.uniform(-1, 1);
          x[i] = Math.max(threat.box().lower(), Math.min(threat.box().upper(), moved));
        }
        proposals.add(new Proposal(x, 0));
      }
    }

    /** Forgets a search without an answer at a radius that is violated by now. */
    void easier() {
      hard = high <= hard ? Double.POSITIVE_INFINITY : hard;
    }

    void take(double radius, BallSearch.Found found) {
      verdicts++;
      iterations += found.iterations();
      switch (found.answer()) {
        case VERIFIED -> {
          low = Math.max(low, radius);
          proposals.clear();
        }
        case VIOLATED -> below *= FASTER;
        case UNKNOWN -> {
          hard = radius;
          scatter();
        }
      }
    }
  }

  @Override
  public void close() {
    if (check != null) {
      check.close();
    }
    search.close();
  }
}
