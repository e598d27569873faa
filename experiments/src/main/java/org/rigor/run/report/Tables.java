// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.rigor.diff.Kind;
import org.rigor.run.statistics.Interval;
import org.rigor.run.trial.Curve;
import org.rigor.run.trial.Scalar;
import org.rigor.run.yaml.Names;
import org.rigor.run.yaml.Numbers;

/** The tables of a run. */
final class Tables {
  private Tables() {}

  /** Returns mean accuracy in percent: a row per arm and side, a column per epsilon. */
  static Optional<Table> accuracy(List<ArmSummary> arms) {
    TreeSet<Double> epsilons = new TreeSet<>();
    for (ArmSummary arm : arms) {
      for (Curve c : arm.results().get(0).curves()) {
        for (double e : c.ofVerdicts() ? new double[0] : c.epsilons()) {
          epsilons.add(e);
        }
      }
    }
    if (epsilons.isEmpty()) {
      return Optional.empty();
    }
    List<String> columns = new ArrayList<>(List.of("accuracy in % at epsilon", "clean"));
    epsilons.forEach(e -> columns.add(Numbers.brief(e)));
    List<List<String>> rows = new ArrayList<>();
    for (ArmSummary arm : arms) {
      for (Curve.Side side : Curve.Side.values()) {
        for (Curve c : arm.curves(side).stream().filter(k -> !k.ofVerdicts()).toList()) {
          List<String> row = new ArrayList<>();
          row.add("%s, %s".formatted(arm.arm().label(), words(c)));
          row.add(Format.percent(arm.clean().value()));
          for (double e : epsilons) {
            int i = c.indexOf(e);
            row.add(i < 0 ? "" : Format.percent(arm.accuracy(c, i).value()));
          }
          rows.add(row);
        }
      }
    }
    return Optional.of(new Table(columns, rows));
  }

  /**
   * Returns the mean shares of verdicts in percent: of each arm what is verified, violated and
   * unknown, a column per epsilon.
   */
  static Optional<Table> verdicts(List<ArmSummary> arms) {
    List<String> columns = new ArrayList<>();
    List<List<String>> rows = new ArrayList<>();
    for (ArmSummary arm : arms) {
      Optional<Curve> verified = verdicts(arm, Curve.Side.CERTIFIED);
      Optional<Curve> survived = verdicts(arm, Curve.Side.ATTACKED);
      if (verified.isEmpty() || survived.isEmpty()) {
        continue;
      }
      double[] epsilons = verified.get().epsilons();
      if (columns.isEmpty()) {
        columns.add("samples in % at epsilon");
        Arrays.stream(epsilons).forEach(e -> columns.add(Numbers.brief(e)));
      }
      String label = arm.arm().label();
      List<String> proved = new ArrayList<>(List.of(label + ", verified"));
      List<String> broken = new ArrayList<>(List.of(label + ", violated"));
      List<String> open = new ArrayList<>(List.of(label + ", unknown"));
      for (int i = 0; i < epsilons.length; i++) {
        double low = arm.accuracy(verified.get(), i).value();
        double high = arm.accuracy(survived.get(), i).value();
        proved.add(Format.percent(low));
        broken.add(Format.percent(1 - high));
        open.add(Format.percent(high - low));
      }
      rows.addAll(List.of(proved, broken, open));
    }
    return rows.isEmpty() ? Optional.empty() : Optional.of(new Table(columns, rows));
  }

  private static Optional<Curve> verdicts(ArmSummary arm, Curve.Side side) {
    return arm.curves(side).stream().filter(Curve::ofVerdicts).findFirst();
  }

  static String words(Curve c) {
    if (c.ofVerdicts()) {
      return c.side() == Curve.Side.CERTIFIED ? "verified" : "not violated";
    }
    return Names.kebab(c.side().name()) + " (" + c.method() + ")";
  }

  /**
   * Returns every accuracy with both errors and the population interval: a row per arm and epsilon.
   */
  static Optional<Table> brackets(List<ArmSummary> arms) {
    List<List<String>> rows = new ArrayList<>();
    for (ArmSummary arm : arms) {
      Optional<Curve> attacked = arm.results().get(0).curve(Curve.Side.ATTACKED);
      Optional<Curve> certified = arm.results().get(0).curve(Curve.Side.CERTIFIED);
      if (attacked.isEmpty()) {
        continue;
      }
      Curve a = attacked.get();
      for (int i = 0; i < a.epsilons().length; i++) {
        ArmSummary.Mean upper = arm.accuracy(a, i);
        double epsilon = a.epsilons()[i];
        int j = certified.map(c -> c.indexOf(epsilon)).orElse(-1);
        ArmSummary.Mean lower = j < 0 ? null : arm.accuracy(certified.get(), j);
        rows.add(
            List.of(
                arm.arm().label(),
                Numbers.brief(epsilon),
                lower == null ? "-" : Format.percent(lower.value()),
                lower == null ? "-" : Format.percent(lower.seeds()),
                lower == null ? "-" : Format.percent(lower.images()),
                Format.percent(upper.value()),
                Format.percent(upper.seeds()),
                Format.percent(upper.images()),
                population(lower, upper)));
      }
    }
    return rows.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Table(
                List.of(
                    "method",
                    "epsilon",
                    "certified",
                    "over seeds",
                    "over images",
                    "attacked",
                    "over seeds",
                    "over images",
                    "population"),
                rows));
  }

  /**
   * Returns the interval from the lower limit of certified to the upper limit of attacked accuracy,
   * over images.
   */
  private static String population(ArmSummary.Mean lower, ArmSummary.Mean upper) {
    if (lower == null || lower.images().isEmpty() || upper.images().isEmpty()) {
      return "-";
    }
    double low = lower.images().get().low();
    double high = upper.images().get().high();
    return low <= high ? Format.percent(Optional.of(new Interval(low, high))) : "crossed";
  }

  /** Returns the Lipschitz bracket, alone and over the median margin. */
  static Optional<Table> lipschitz(List<ArmSummary> arms) {
    List<List<String>> rows = new ArrayList<>();
    for (ArmSummary arm : arms) {
      Optional<ArmSummary.Mean> low = arm.scalar(Scalar.LIPSCHITZ_LOWER);
      Optional<ArmSummary.Mean> high = arm.scalar(Scalar.LIPSCHITZ_UPPER);
      if (low.isEmpty() && high.isEmpty()) {
        continue;
      }
      List<String> row = new ArrayList<>();
      row.add(arm.arm().label());
      cells(row, low);
      cells(row, high);
      row.add(arm.scalar(Scalar.MEDIAN_MARGIN).map(m -> Format.number(m.value())).orElse("-"));
      row.add(ratio(arm, Scalar.LIPSCHITZ_LOWER));
      row.add(ratio(arm, Scalar.LIPSCHITZ_UPPER));
      rows.add(row);
    }
    return rows.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Table(
                List.of(
                    "Lipschitz bracket",
                    "Jacobian max",
                    "over seeds",
                    "product",
                    "over seeds",
                    "margin",
                    "Jacobian/margin",
                    "product/margin"),
                rows));
  }

  private static void cells(List<String> row, Optional<ArmSummary.Mean> m) {
    row.add(m.map(x -> Format.value(false, x.value())).orElse("-"));
    row.add(m.map(x -> Format.number(x.seeds())).orElse("-"));
  }

  private static String ratio(ArmSummary arm, String over) {
    return arm.ratio(over, Scalar.MEDIAN_MARGIN).map(m -> Format.number(m.value())).orElse("-");
  }

  /** Returns the kind of each number, such as a bound. */
  static String kinds(List<ArmSummary> arms) {
    TreeSet<String> out = new TreeSet<>();
    for (ArmSummary arm : arms) {
      for (Curve c : arm.results().get(0).curves()) {
        out.add(words(c) + ": " + c.kind());
      }
      arm.results()
          .get(0)
          .scalars()
          .forEach(
              (name, s) ->
                  out.add(
                      name
                          + " ("
                          + s.method()
                          + "): "
                          + (s.kind() == Kind.BOUND ? "BOUND" : s.kind())));
    }
    return String.join("; ", out);
  }
}
