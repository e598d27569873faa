// SPDX-License-Identifier: Apache-2.0
package org.rigor.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.rigor.certify.Branching;
import org.rigor.certify.Budget;
import org.rigor.certify.Outcome;
import org.rigor.certify.Problem;
import org.rigor.certify.Verifier;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Sequential;
import org.rigor.property.Property;
import org.rigor.property.RoundedProblem;
import org.rigor.tensor.HostTensor;
import org.rigor.workspace.Models;

/**
 * Looks for wrong verdicts over random networks of at most 12 units, against the least value over
 * all activation patterns ({@link org.rigor.certify.ActivationPatterns}). Thresholds lie on both
 * sides of it, most of them close. Many models of one architecture are decided at a time by attack
 * and search with few cells; one of them, and those that stay open, alone by all that a {@link
 * Decider} has.
 *
 * <p>{@code -Drigor.verdicts=10000} hunts over that many networks.
 */
class VerdictHuntTest {
  private static final int NETWORKS = Integer.getInteger("rigor.verdicts", 240);
  private static final int MODELS = 40;
  private static final int NODES = 32;
  private static final int RESTARTS = 2;

  /** Seconds that a property of a network alone may take. */
  private static final double SECONDS = 10;

  /** How far the least values are from 0, about. */
  private static final double[] APART = {
    0.1, -0.1, 1e-3, -1e-3, 1e-5, -1e-5, 0.01, -0.01, 1e-7, -1e-7, 0
  };

  /** Distance of a threshold from the truth at which rounding of either side may decide. */
  private static final double ROUNDING = 1e-9;

  /** What came of the questions. */
  private enum End {
    VERIFIED,
    VIOLATED,
    /** Open, with the least value within rounding of 0. */
    ROUNDING,
    /** Open at the end of the budget. */
    BUDGET
  }

  private final Map<String, int[]> counts = new TreeMap<>();
  private int alone;

  private void count(String kind, End end) {
    counts.computeIfAbsent(kind, k -> new int[End.values().length])[end.ordinal()]++;
  }

  /**
   * Moves the output that all rows add, so that the least value of each model is about as far from
   * 0 as is wanted; returns what it is then.
   */
  private static double[] place(Sequential net, Map<String, HostTensor> params, Question q) {
    String last = "%d.bias".formatted(net.layers().size() - 1);
    double[] bias = params.get(last).doubles();
    double[] truth = new double[MODELS];
    for (int m = 0; m < MODELS; m++) {
      int at = m * net.outputs() + q.label();
      double before = bias[at];
      truth[m] = q.least(net, params, m);
      bias[at] = before + APART[m % APART.length] - truth[m];
      truth[m] += bias[at] - before;
    }
    return truth;
  }

  /** Clauses that are refuted by one row here and by another one there. */
  @Test
  void clausesOfSeveralRows() {
    try (Device device = new CpuDevice(1, "scalar", "test")) {
      for (int seed = 0; seed * 60 < NETWORKS; seed++) {
        Random r = new Random(-1 - seed);
        Sequential net = SmallNetworks.DENSE.next(r);
        Map<String, HostTensor> params = SmallNetworks.weights(net, 1, r);
        List<Property> properties = new ArrayList<>();
        List<Double> truth = new ArrayList<>();
        for (double apart : new double[] {0.1, -0.1, 1e-3, -1e-3}) {
          int inputs = Math.toIntExact(net.input().size());
          Question q = Question.random(r, inputs, net.outputs(), 2 + r.nextInt(2));
          double least = q.least(net, params, 0);
          properties.add(q.moved(apart - least).property(net.outputs()));
          truth.add(apart);
        }
        try (Models one = Models.of(device, net, params)) {
          List<Verdict.Answer> found = decide(one, properties);
          for (int i = 0; i < found.size(); i++) {
            String what = "%s, seed %d, least value %s".formatted(net, seed, truth.get(i));
            count("SEVERAL_ROWS", judged(found.get(i), truth.get(i), what));
          }
        }
      }
    }
    report(NETWORKS / 15);
  }

  @Test
  void noVerdictIsWrong() {
    hunt(Branching.INTERCEPT, 0, NETWORKS);
    report(NETWORKS);
  }

  @Test
  void noVerdictIsWrongWhicheverUnitsAreSplit() {
    hunt(Branching.BABSR, 0, NETWORKS / 10);
    hunt(Branching.KFSB, NETWORKS / 10, NETWORKS / 5);
    report(NETWORKS / 5);
  }

  private void hunt(Branching branching, int from, int to) {
    try (Device device = new CpuDevice(1, "scalar", "test")) {
      for (int seed = from / MODELS; seed * MODELS < to; seed++) {
        Random r = new Random(seed);
        SmallNetworks kind = SmallNetworks.values()[seed % SmallNetworks.values().length];
        Sequential net = kind.next(r);
        Map<String, HostTensor> params = SmallNetworks.weights(net, MODELS, r);
        Question q = Question.random(r, Math.toIntExact(net.input().size()), net.outputs(), 1);
        double[] truth = place(net, params, q);
        Property property = q.property(net.outputs());
        try (Models models = Models.of(device, net, params);
            Round round = new Round(models, property, branching)) {
          round.run();
          for (int m = 0; m < MODELS; m++) {
            String what =
                "%s, seed %d, model %d, least value %s".formatted(kind, seed, m, truth[m]);
            End end = judged(round.verified[m], round.violated[m], truth[m], what);
            if (end == End.BUDGET || m == seed % MODELS) {
              alone++;
              try (Models one = models.one(m)) {
                Verdict.Answer answer = decide(one, List.of(property)).get(0);
                end = judged(answer, truth[m], "alone, " + what);
              }
            }
            count(kind.name(), end);
          }
        }
      }
    }
  }

  private static List<Verdict.Answer> decide(Models one, List<Property> properties) {
    Verdict.Answer[] answers = new Verdict.Answer[properties.size()];
    try (Decider decider = new Decider(one)) {
      double seconds = SECONDS * answers.length;
      decider.decide(properties, seconds, () -> false, (i, v) -> answers[i] = v.answer());
    }
    return List.of(answers);
  }

  private static End judged(Verdict.Answer answer, double truth, String what) {
    boolean violated = answer == Verdict.Answer.VIOLATED;
    return judged(answer == Verdict.Answer.VERIFIED, violated, truth, what);
  }

  private static End judged(boolean verified, boolean violated, double truth, String what) {
    assertThat(verified && violated).as("both, " + what).isFalse();
    if (Math.abs(truth) > ROUNDING) {
      assertThat(verified && truth < 0).as("verified, " + what).isFalse();
      assertThat(violated && truth > 0).as("violated, " + what).isFalse();
    }
    if (verified || violated) {
      return verified ? End.VERIFIED : End.VIOLATED;
    }
    return Math.abs(truth) <= ROUNDING ? End.ROUNDING : End.BUDGET;
  }

  private void report(int least) {
    int[] sum = new int[End.values().length];
    System.out.println(Arrays.toString(End.values()) + ", alone " + alone);
    counts.forEach(
        (kind, n) -> {
          System.out.println(kind + ": " + Arrays.toString(n));
          Arrays.setAll(sum, i -> sum[i] + n[i]);
        });
    int all = Arrays.stream(sum).sum();
    assertThat(all).isGreaterThanOrEqualTo(least);
    assertThat(sum[End.VERIFIED.ordinal()]).isGreaterThan(all / 3);
    assertThat(sum[End.VIOLATED.ordinal()]).isGreaterThan(all / 3);
    assertThat(sum[End.BUDGET.ordinal()]).isLessThanOrEqualTo(all / 50);
  }

  /** One property decided for all models: attack, then search. */
  private static final class Round implements AutoCloseable {
    final boolean[] verified = new boolean[MODELS];
    final boolean[] violated = new boolean[MODELS];
    private final Property property;
    private final RoundedProblem rounded;
    private final PointCheck points;
    private final Verifier verifier;
    private final ClauseAttack attack;

    Round(Models models, Property property, Branching branching) {
      this.property = property;
      this.rounded = RoundedProblem.of(property).get(0);
      this.points = new PointCheck(models);
      this.verifier = new Verifier(models, branching);
      this.attack = new ClauseAttack(models, List.of(rounded), RESTARTS * rounded.clauses().length);
    }

    void run() {
      List<ClauseAttack.Target> targets = new ArrayList<>();
      for (int c = 0; c < rounded.clauses().length; c++) {
        targets.add(new ClauseAttack.Target(0, c));
      }
      ClauseAttack.Proposals found = attack.run(targets, 0, RESTARTS);
      for (int m = 0; m < MODELS; m++) {
        for (int i = 0; i < targets.size() * RESTARTS; i++) {
          if (found.values()[m][i] < 1e-4) {
            float[] x = found.points()[m][i];
            double[] wide = new double[x.length];
            Arrays.setAll(wide, d -> x[d]);
            check(m, i / RESTARTS, wide);
          }
        }
      }
      Problem problem =
          new Problem(
              rounded.lower(),
              rounded.upper(),
              rounded.outputs(),
              rounded.inputs(),
              rounded.constants(),
              rounded.clauses());
      List<List<Outcome>> all =
          verifier.run(
              List.of(problem), Budget.nodes(NODES), (m, p, clause, x) -> check(m, clause, x));
      for (int m = 0; m < MODELS; m++) {
        verified[m] = all.get(m).get(0).end() == Outcome.End.REFUTED;
      }
    }

    private boolean check(int model, int clause, double[] x) {
      int c = rounded.origin()[clause];
      violated[model] |= points.check(model, property.clauses().get(c), c, x).isPresent();
      return violated[model];
    }

    @Override
    public void close() {
      attack.close();
      verifier.close();
      points.close();
    }
  }
}
