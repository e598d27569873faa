// SPDX-License-Identifier: Apache-2.0
package org.rigor.verify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.rigor.attack.Distances;
import org.rigor.certify.BallSearch;
import org.rigor.certify.BallSearch.Ball;
import org.rigor.certify.Certificate;
import org.rigor.certify.Certificates;
import org.rigor.certify.Certifier;
import org.rigor.data.Box;
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
  private static final double BELOW = 0.75;

  /** Growth of that from one violated ball to the next, while none is verified. */
  private static final double FASTER = 4;

  /** Least share of a radius that is given up after a search without an answer. */
  private static final double STEP_BACK = 0.05;

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
    while (all.stream().anyMatch(Bracket::isOpen)) {
      round(open.stream().map(own -> own.stream().filter(Bracket::isOpen).toList()).toList());
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

  private void round(List<List<Bracket>> open) {
    List<List<Ball>> balls =
        open.stream().map(own -> own.stream().map(Bracket::next).toList()).toList();
    BallSearch.Judge judge =
        (m, i, point) -> {
          Optional<BallCheck.Adversarial> found = check().check(m, balls.get(m).get(i), point);
          found.ifPresent(a -> open.get(m).get(i).take(a));
          return found.isPresent();
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

    void take(BallCheck.Adversarial found) {
      if (found.distance() < high) {
        high = Math.nextUp(found.distance());
        witness = found.x();
      }
    }

    void take(double radius, BallSearch.Found found) {
      verdicts++;
      iterations += found.iterations();
      switch (found.answer()) {
        case VERIFIED -> low = Math.max(low, radius);
        case VIOLATED -> below *= FASTER;
        case UNKNOWN -> hard = radius;
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
