// SPDX-License-Identifier: Apache-2.0
package org.rigor.verify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.rigor.attack.CurveResult;
import org.rigor.certify.BallSearch;
import org.rigor.certify.BallSearch.Ball;
import org.rigor.certify.Certificate;
import org.rigor.certify.Certificates;
import org.rigor.certify.CertifiedCurve;
import org.rigor.certify.Certifier;
import org.rigor.data.Box;
import org.rigor.tensor.HostTensor;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;
import org.rigor.workspace.Models;

/**
 * Decision of the balls around N samples over a curve of radii, for M models, after an attack:
 * certificates prove what they can of the balls that the attack has not broken, the cheapest first;
 * then a method that decides searches the smallest ball of a sample that is open, and goes on to
 * larger ones as long as they are verified. What it comes upon may violate, too.
 */
public final class CurveDecider implements AutoCloseable {
  /** Open radii of a sample up to which the smallest comes first; of more the one half way. */
  private static final int FEW = 4;

  private final Models networks;
  private final Certifier certifier;
  private final Optional<BallSearch> search;
  private final Threat threat;

  /** Made when the first point is to be checked: whoever only asks for rules needs none. */
  private BallCheck check;

  /**
   * Creates a decider of networks, which must stay open while it is used.
   *
   * @param method a name of {@link Certificates}
   * @param budget rows times steps of ascent for each ball that is searched, at least 1
   */
  public CurveDecider(Models networks, String method, Box box, Norm norm, long budget) {
    this.networks = networks;
    List<Certificate> order = Certificates.cheapestFirst(method);
    boolean decides = Certificates.decides(method);
    // the search bounds a ball by CROWN before it splits
    List<Certificate> cheap = decides ? order.subList(0, 1) : order;
    this.certifier = new Certifier(networks, cheap, box, norm);
    this.search =
        decides ? Optional.of(new BallSearch(networks, box, norm, budget)) : Optional.empty();
    this.threat = new Threat(norm, box);
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
    CertifiedCurve proved = certifier.run(x, labels, epsilons, attacked.survived());
    Curves curves = new Curves(x, labels.ints(), epsilons, attacked, proved);
    search.ifPresent(curves::search);
    return new VerdictCurve(
        curves.verified,
        curves.survived,
        curves.witness,
        curves.distance,
        curves.iterations,
        attacked.kind(),
        proved.kind());
  }

  private BallCheck check() {
    if (check == null) {
      check = new BallCheck(networks, threat);
    }
    return check;
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
    }

    private static int[][] copy(int[][] all) {
      return Arrays.stream(all).map(int[]::clone).toArray(int[][]::new);
    }

    void search(BallSearch search) {
      while (round(search)) {
        // each round takes a radius of every sample that is open
      }
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
