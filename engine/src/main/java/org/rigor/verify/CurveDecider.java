// SPDX-License-Identifier: Apache-2.0
package org.rigor.verify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleConsumer;
import java.util.stream.IntStream;
import org.rigor.attack.CurveAttack;
import org.rigor.attack.CurveAttacker;
import org.rigor.attack.CurveResult;
import org.rigor.attack.Pgd;
import org.rigor.attack.PreparedAttack;
import org.rigor.certify.BackwardWork;
import org.rigor.certify.BallSearch;
import org.rigor.certify.BallSearch.Ball;
import org.rigor.certify.Certificate;
import org.rigor.certify.Certificates;
import org.rigor.certify.CertifiedCurve;
import org.rigor.certify.Certifier;
import org.rigor.data.Box;
import org.rigor.diff.Kind;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.HostTensor;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;
import org.rigor.workspace.Models;

/**
 * Decision of the balls around N samples over a curve of radii, for M models, after an attack:
 * certificates prove what they can of the balls that the attack has not broken, the cheapest first.
 * A method that decides then attacks all open balls once more, toward every wrong class, if that
 * takes no more than a tenth of its budget for one; and searches the smallest ball of a sample that
 * is open, and larger ones as long as they are verified. What it comes upon may violate, too.
 */
public final class CurveDecider implements AutoCloseable {
  /** Open radii of a sample up to which the smallest comes first; of more the one half way. */
  private static final int FEW = 4;

  /**
   * Steps of the attack toward a wrong class, from the sample itself: no start depends on others.
   */
  private static final Pgd ATTACK = new Pgd(40, 0.1, false);

  /** Most wrong classes that it goes to, the likeliest first. */
  private static final int TARGETS = 9;

  /** Part of a budget that it may take of one ball. */
  private static final int PART = 10;

  private static final int SLOTS = 64;
  private static final TrialKey KEY = TrialKey.of(0, "verdicts");

  private final Models networks;
  private final Certifier certifier;
  private final Optional<BallSearch> search;
  private final Threat threat;
  private final long budget;

  /** Made when the first point is to be checked: whoever only asks for rules needs none. */
  private BallCheck check;

  /**
   * Creates a decider of networks, which must stay open while it is used.
   *
   * @param method a name of {@link Certificates}
   * @param budget rows times steps of ascent for each ball that is searched, at least 1
   * @throws org.rigor.certify.TooDearException if the method searches and would not end
   */
  public CurveDecider(Models networks, String method, Box box, Norm norm, long budget) {
    this.networks = networks;
    List<Certificate> order = Certificates.cheapestFirst(method);
    boolean decides = Certificates.decides(method);
    if (decides) {
      BackwardWork.of(networks.network(), norm).require(method);
    }
    // the search bounds a ball by CROWN before it splits
    List<Certificate> cheap = decides ? order.subList(0, 1) : order;
    this.certifier = new Certifier(networks, cheap, box, norm);
    this.search =
        decides ? Optional.of(new BallSearch(networks, box, norm, budget)) : Optional.empty();
    this.threat = new Threat(norm, box);
    this.budget = budget;
  }

  /**
   * Traces every certificate without computing anything.
   *
   * @throws org.rigor.ir.MissingRuleException if the network has an operation without a bound rule
   */
  public void requireRules() {
    certifier.requireRules();
  }

  /**
   * Decides balls.
   *
   * @param x samples [N, features...], inside the box
   * @param labels I32 [N], each in [0, outputs)
   * @param epsilons ascending radii, each finite and at least 0
   * @param attacked result of an attack on these samples and radii
   */
  public VerdictCurve run(
      HostTensor x, HostTensor labels, List<Double> epsilons, CurveResult attacked) {
    return run(x, labels, epsilons, attacked, share -> {});
  }

  /**
   * Decides balls.
   *
   * @param done told now and then what share of the open radii is decided or given up
   */
  public VerdictCurve run(
      HostTensor x,
      HostTensor labels,
      List<Double> epsilons,
      CurveResult attacked,
      DoubleConsumer done) {
    CertifiedCurve proved = certifier.run(x, labels, epsilons, attacked.survived());
    Curves curves = new Curves(x, labels.ints(), epsilons, attacked, proved);
    int targets = Math.min(TARGETS, networks.network().outputs() - 1);
    if (search.isPresent() && budget / PART >= (long) targets * ATTACK.steps()) {
      curves.take(attack(x, labels, epsilons, targets, curves.closed()));
    }
    search.ifPresent(s -> curves.search(s, done));
    return new VerdictCurve(
        curves.verified,
        curves.survived,
        curves.witness,
        curves.distance,
        curves.iterations,
        curves.violatedKind,
        proved.kind());
  }

  private BallCheck check() {
    if (check == null) {
      check = new BallCheck(networks, threat);
    }
    return check;
  }

  private CurveResult attack(
      HostTensor x, HostTensor labels, List<Double> epsilons, int targets, int[][] from) {
    int samples = x.shape().dim(0);
    int slots = Math.min(SLOTS, samples);
    CurveAttack each = CurveAttack.of(ATTACK, threat, epsilons);
    CurveAttack all = each.withTargets(targets).withSlots(slots);
    try (PreparedAttack prepared =
        new CurveAttacker(networks.device(), networks.network(), all)
            .prepare(networks.count(), samples)) {
      List<TrialKey> keys = Collections.nCopies(networks.count(), KEY);
      return prepared.run(networks, keys, x, labels, from);
    }
  }

  /** Curves of all models and samples while they are decided. */
  private final class Curves {
    private final double[][] x;
    private final int[] labels;
    private final List<Double> epsilons;
    private final int[][] verified;
    private final int[][] survived;
    private final double[][][] witness;
    private final double[][] distance;
    private final long[][] iterations;
    private List<Kind> violatedKind;

    /** Number of leading epsilons worth a search: below an epsilon where the last one failed. */
    private final int[][] worth;

    Curves(
        HostTensor x,
        int[] labels,
        List<Double> epsilons,
        CurveResult attacked,
        CertifiedCurve proved) {
      int features = Math.toIntExact(x.shape().size() / labels.length);
      this.x = new double[labels.length][features];
      for (int n = 0; n < labels.length; n++) {
        x.copy(n * features, features, this.x[n], 0);
      }
      this.labels = labels;
      this.epsilons = epsilons;
      this.verified = copy(proved.survived());
      this.survived = copy(attacked.survived());
      this.worth = copy(attacked.survived());
      this.witness =
          Arrays.stream(attacked.witness()).map(double[][]::clone).toArray(double[][][]::new);
      this.distance =
          Arrays.stream(attacked.distance()).map(double[]::clone).toArray(double[][]::new);
      this.iterations = new long[networks.count()][labels.length];
      this.violatedKind = attacked.kind();
    }

    /** Returns the epsilons that need no further attack: all where none is open. */
    int[][] closed() {
      int[][] closed = copy(verified);
      for (int m = 0; m < closed.length; m++) {
        for (int n = 0; n < labels.length; n++) {
          closed[m][n] = verified[m][n] < survived[m][n] ? verified[m][n] : epsilons.size();
        }
      }
      return closed;
    }

    /** Takes what another attack broke of the open balls. */
    void take(CurveResult more) {
      for (int m = 0; m < survived.length; m++) {
        for (int n = 0; n < labels.length; n++) {
          if (verified[m][n] < survived[m][n] && more.survived()[m][n] < survived[m][n]) {
            survived[m][n] = more.survived()[m][n];
            worth[m][n] = survived[m][n];
            witness[m][n] = more.witness()[m][n];
            distance[m][n] = more.distance()[m][n];
          }
        }
      }
      List<Kind> before = violatedKind;
      violatedKind =
          IntStream.range(0, before.size())
              .mapToObj(m -> before.get(m).weaker(more.kind().get(m)))
              .toList();
    }

    private static int[][] copy(int[][] all) {
      return Arrays.stream(all).map(int[]::clone).toArray(int[][]::new);
    }

    void search(BallSearch search, DoubleConsumer done) {
      double begun = open();
      while (round(search)) { // each round takes a radius of every sample that is open
        done.accept(1 - open() / begun);
      }
    }

    /** Returns how many balls are worth a search. */
    private double open() {
      double open = 0;
      for (int m = 0; m < worth.length; m++) {
        for (int n = 0; n < labels.length; n++) {
          open += Math.max(0, worth[m][n] - verified[m][n]);
        }
      }
      return open;
    }

    private boolean round(BallSearch search) {
      List<List<Ball>> balls = new ArrayList<>();
      List<List<int[]>> places = new ArrayList<>(); // sample and level
      for (int m = 0; m < networks.count(); m++) {
        List<Ball> own = new ArrayList<>();
        List<int[]> of = new ArrayList<>();
        for (int n = 0; n < labels.length; n++) {
          int low = verified[m][n];
          int open = worth[m][n] - low;
          if (open > 0) {
            int level = open <= FEW ? low : low + open / 2;
            own.add(new Ball(x[n], labels[n], epsilons.get(level)));
            of.add(new int[] {n, level});
          }
        }
        balls.add(own);
        places.add(of);
      }
      if (balls.stream().allMatch(List::isEmpty)) {
        return false;
      }
      BallSearch.Judge judge =
          (m, i, point) -> {
            int n = places.get(m).get(i)[0];
            Optional<BallCheck.Adversarial> found = check().check(m, balls.get(m).get(i), point);
            found.ifPresent(
                a -> {
                  witness[m][n] = a.x();
                  distance[m][n] = a.distance();
                });
            return found.isPresent();
          };
      List<List<BallSearch.Found>> found = search.run(balls, judge);
      for (int m = 0; m < found.size(); m++) {
        for (int i = 0; i < found.get(m).size(); i++) {
          take(m, places.get(m).get(i)[0], places.get(m).get(i)[1], found.get(m).get(i));
        }
      }
      return true;
    }

    private void take(int m, int n, int level, BallSearch.Found f) {
      iterations[m][n] += f.iterations();
      switch (f.answer()) {
        case VERIFIED -> verified[m][n] = level + 1;
        case VIOLATED -> {
          survived[m][n] = level;
          worth[m][n] = level;
        }
        case UNKNOWN -> worth[m][n] = level;
      }
    }
  }

  @Override
  public void close() {
    if (check != null) {
      check.close();
    }
    search.ifPresent(BallSearch::close);
    certifier.close();
  }
}
