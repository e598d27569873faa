// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Optional;
import org.rigor.run.study.Quantities;
import org.rigor.run.trial.Curve;
import org.rigor.run.yaml.Numbers;

/** The numbers at each radius that an audit's page, file and console show. */
final class AuditNumbers {
  private AuditNumbers() {}

  /**
   * What is known at one radius.
   *
   * @param certified share proved
   * @param attacked share that the attacks and the search leave
   * @param noise mean accuracy under random noise of that norm, if it was measured
   */
  record Radius(
      double epsilon,
      ArmSummary.Mean certified,
      ArmSummary.Mean attacked,
      Optional<Double> noise,
      int samples) {}

  /** Returns what is known of a network, by radius. */
  static List<Radius> radii(ArmSummary arm) {
    Curve certified = arm.curves(Curve.Side.CERTIFIED).get(0);
    Curve attacked = arm.curves(Curve.Side.ATTACKED).get(0);
    List<Radius> out = new ArrayList<>();
    for (int e = 0; e < certified.epsilons().length; e++) {
      double epsilon = certified.epsilons()[e];
      out.add(
          new Radius(
              epsilon,
              arm.accuracy(certified, e),
              arm.accuracy(attacked, e),
              arm.scalar(Quantities.at("noise-accuracy", epsilon)).map(ArmSummary.Mean::value),
              certified.survived().length));
    }
    return out;
  }

  /**
   * Returns two radii between which the median distance to a wrong answer lies: at the first, half
   * of the samples are proved to keep their class, at the second half have lost it. Infinite where
   * no radius measured is large enough.
   */
  static double[] median(List<Radius> radii) {
    double low = 0;
    double high = Double.POSITIVE_INFINITY;
    for (Radius r : radii) {
      low = r.certified().value() >= 0.5 ? r.epsilon() : low;
      if (r.attacked().value() < 0.5 && Double.isInfinite(high)) {
        high = r.epsilon();
      }
    }
    return new double[] {low, high};
  }

  /** Returns, of several networks, the mean, least and most at each radius, in percent. */
  static Optional<Table> together(List<ArmSummary> arms) {
    if (arms.size() < 3) {
      return Optional.empty();
    }
    List<List<Radius>> all = arms.stream().map(AuditNumbers::radii).toList();
    List<List<String>> rows = new ArrayList<>();
    for (int e = 0; e < all.get(0).size(); e++) {
      int at = e;
      DoubleSummaryStatistics left =
          all.stream().mapToDouble(r -> r.get(at).attacked().value()).summaryStatistics();
      DoubleSummaryStatistics proved =
          all.stream().mapToDouble(r -> r.get(at).certified().value()).summaryStatistics();
      List<String> row = new ArrayList<>();
      row.add(Numbers.brief(all.get(0).get(e).epsilon()));
      for (DoubleSummaryStatistics s : List.of(left, proved)) {
        row.add(Format.percent(s.getAverage()));
        row.add(Format.percent(s.getMin()));
        row.add(Format.percent(s.getMax()));
      }
      rows.add(row);
    }
    return Optional.of(
        new Table(
            List.of(
                "epsilon", "not broken: mean", "least", "most", "proved: mean", "least", "most"),
            rows));
  }

  /** Returns the table of all radii and networks, in percent. */
  static Optional<Table> table(List<ArmSummary> arms) {
    List<List<String>> rows = new ArrayList<>();
    for (ArmSummary arm : arms) {
      for (Radius r : radii(arm)) {
        rows.add(
            List.of(
                arm.arm().label(),
                Numbers.brief(r.epsilon()),
                r.noise().map(Format::percent).orElse("-"),
                Format.percent(r.attacked().value()),
                Format.percent(r.attacked().images()),
                Format.percent(r.certified().value()),
                Format.percent(r.certified().images()),
                Format.percent(r.attacked().value() - r.certified().value())));
      }
    }
    return rows.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Table(
                List.of(
                    "network",
                    "epsilon",
                    "under noise",
                    "not broken",
                    "95 %",
                    "proved",
                    "95 %",
                    "unknown"),
                rows));
  }
}
