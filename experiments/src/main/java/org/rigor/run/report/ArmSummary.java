// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rigor.run.claim.Metrics;
import org.rigor.run.statistics.Domain;
import org.rigor.run.statistics.Interval;
import org.rigor.run.statistics.Sample;
import org.rigor.run.statistics.Statistics;
import org.rigor.run.store.RunRecord;
import org.rigor.run.study.Quantities;
import org.rigor.run.trial.Arm;
import org.rigor.run.trial.Curve;
import org.rigor.run.trial.NetworkIdentity;
import org.rigor.run.trial.Scalar;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialResult;

/**
 * The finished trials of one arm, and their means with both errors. Each mean is computed once: the
 * text, the page and the figures of a report show the same ones. Not for several threads.
 */
public final class ArmSummary {
  /** Level of the intervals in tables and figures. */
  public static final double ALPHA = 0.05;

  /**
   * A mean over seeds.
   *
   * @param value NaN if it is undecided in a trial
   * @param seeds Student's interval over seeds, see {@link Sample}
   * @param images Wilson's interval over test samples; empty for quantities that are not a share
   */
  public record Mean(double value, Optional<Interval> seeds, Optional<Interval> images) {}

  private final Arm arm;
  private final List<TrialResult> results;
  private final Quantities quantities;
  private final Map<List<Object>, Mean> accuracies = new HashMap<>();
  private final Map<String, Optional<Mean>> scalars = new HashMap<>();
  private Mean clean;

  private ArmSummary(Arm arm, List<TrialResult> results, Quantities quantities) {
    this.arm = arm;
    this.results = results;
    this.quantities = quantities;
  }

  /** Returns the arms of a run that have a finished trial, in order. */
  public static List<ArmSummary> of(RunRecord run) {
    Map<Arm, List<TrialResult>> arms = new LinkedHashMap<>();
    for (Trial t : run.everyArm()) {
      TrialResult r = run.results().get(t.id());
      if (r != null && r.finished()) {
        arms.computeIfAbsent(t.arm(), a -> new ArrayList<>()).add(r);
      }
    }
    List<ArmSummary> out = new ArrayList<>();
    Quantities quantities = run.study().study().quantities();
    arms.forEach((a, r) -> out.add(new ArmSummary(a, List.copyOf(r), quantities)));
    return out;
  }

  /**
   * Returns the finished trials of a run as an arm each, where networks from files are the seeds of
   * an arm; other arms as {@link #of} does.
   */
  public static List<ArmSummary> each(RunRecord run) {
    List<ArmSummary> out = new ArrayList<>();
    Map<String, List<NetworkIdentity>> files = run.provenance().head().networks();
    Quantities quantities = run.study().study().quantities();
    for (ArmSummary arm : of(run)) {
      List<NetworkIdentity> own =
          files.values().stream()
              .filter(l -> l.size() == arm.results.size())
              .findFirst()
              .orElse(List.of());
      if (arm.results.size() < 2 || own.isEmpty()) {
        out.add(arm);
        continue;
      }
      for (int i = 0; i < own.size(); i++) {
        Arm file = arm.arm.of(own.get(i).name());
        out.add(new ArmSummary(file, List.of(arm.results.get(i)), quantities));
      }
    }
    return out;
  }

  public Arm arm() {
    return arm;
  }

  /** Returns the results in the order of the seeds. */
  public List<TrialResult> results() {
    return results;
  }

  /**
   * Returns the curves of this side that every trial has, by method, as the first trial has them.
   */
  public List<Curve> curves(Curve.Side side) {
    return results.get(0).curves().stream().filter(c -> c.side() == side).toList();
  }

  /** Returns the mean accuracy of a curve like {@code like} at its i-th epsilon. */
  public Mean accuracy(Curve like, int i) {
    return accuracies.computeIfAbsent(
        List.of(like.side(), like.method(), like.epsilons()[i], i), k -> mean(like, i));
  }

  private Mean mean(Curve like, int i) {
    List<Double> values = new ArrayList<>();
    for (TrialResult r : results) {
      for (Curve c : r.curves()) {
        if (c.side() == like.side()
            && c.method().equals(like.method())
            && c.indexOf(like.epsilons()[i]) == i) {
          values.add(c.accuracy(i));
        }
      }
    }
    return share(values, like.survived().length);
  }

  /** Returns the mean clean accuracy. */
  public Mean clean() {
    clean = clean == null ? meanClean() : clean;
    return clean;
  }

  private Mean meanClean() {
    List<Double> values = new ArrayList<>();
    for (TrialResult r : results) {
      int right = 0;
      for (boolean c : r.correct()) {
        right += c ? 1 : 0;
      }
      if (r.correct().length > 0) {
        values.add((double) right / r.correct().length);
      }
    }
    return share(values, results.get(0).correct().length);
  }

  /**
   * Returns the mean of a number that is not a curve, or empty if no trial has it. The mean is NaN
   * if some trial lacks the number or leaves it undecided.
   */
  public Optional<Mean> scalar(String name) {
    return scalars.computeIfAbsent(name, this::meanScalar);
  }

  private Optional<Mean> meanScalar(String name) {
    if (results.stream().noneMatch(r -> r.scalars().containsKey(name))) {
      return Optional.empty();
    }
    return quantities
        .find(name)
        .map(q -> mean(Metrics.sample(results, q, 0).orElse(new Sample(Double.NaN))));
  }

  /** Returns the mean over trials of the ratio of two scalars, or empty if a trial lacks one. */
  public Optional<Mean> ratio(String over, String under) {
    List<Double> values = new ArrayList<>();
    for (TrialResult r : results) {
      Scalar a = r.scalars().get(over);
      Scalar b = r.scalars().get(under);
      if (a == null || b == null || Double.isNaN(a.value()) || !(b.value() > 0)) {
        return Optional.empty();
      }
      values.add(a.value() / b.value());
    }
    return Optional.of(mean(new Sample(array(values), 0, Domain.NON_NEGATIVE)));
  }

  private static Mean share(List<Double> values, int n) {
    Mean m = mean(new Sample(array(values), n == 0 ? 0 : 1.0 / n, Domain.SHARE));
    if (values.isEmpty() || n == 0) {
      return m;
    }
    double value = Math.min(1, m.value());
    return new Mean(value, m.seeds(), Optional.of(Statistics.wilson(value, n, ALPHA)));
  }

  private static double[] array(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private static Mean mean(Sample values) {
    return new Mean(values.mean(), values.interval(ALPHA), Optional.empty());
  }
}
