// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiFunction;
import org.rigor.run.study.Quantities;
import org.rigor.run.study.RobustnessSpecs.AttackDistance;
import org.rigor.run.study.SparsitySpecs;
import org.rigor.run.study.SparsitySpecs.ReluSparsity;
import org.rigor.run.study.Wording;
import org.rigor.run.trial.Scalar;

/** Tables of an audit's page: each has a row or more for each network, empty if not measured. */
final class AuditTables {
  private AuditTables() {}

  /** Returns a number of a network; NaN if it was not measured or is undecided. */
  static double value(ArmSummary arm, String scalar) {
    Scalar s = arm.results().get(0).scalars().get(scalar);
    return s == null || !s.decided() ? Double.NaN : s.value();
  }

  /** Returns a confidence with the digits that tell it from 1. */
  static String confidence(double p) {
    for (int digits = 1; digits < 15; digits++) {
      String shown = String.format(Locale.ROOT, "%." + digits + "f", 100 * p);
      if (!shown.startsWith("100") || p == 1) {
        return shown + " %";
      }
    }
    return "100 %";
  }

  static Optional<Table> nearest(List<ArmSummary> arms) {
    List<String> columns = new ArrayList<>(List.of("network"));
    List<List<String>> rows = new ArrayList<>();
    for (double share : AttackDistance.SHARES) {
      columns.add(
          share == 0 ? "nearest" : share == 0.5 ? "half" : "%.0f %%".formatted(100 * share));
    }
    for (ArmSummary arm : arms) {
      List<String> row = new ArrayList<>(List.of(arm.arm().label()));
      for (double share : AttackDistance.SHARES) {
        double found = value(arm, Quantities.at(AttackDistance.NAME, share));
        row.add(Double.isNaN(found) ? "none found" : Format.number(found));
      }
      if (names(arm, AttackDistance.NAME).iterator().hasNext()) {
        rows.add(row);
      }
    }
    return table(columns, rows, 1);
  }

  /** Returns accuracies in percent, a row for each corruption and a column for each severity. */
  static Optional<Table> corruptions(List<ArmSummary> arms) {
    List<List<String>> rows = new ArrayList<>();
    List<String> columns = new ArrayList<>(List.of("network", "corruption"));
    for (ArmSummary arm : arms) {
      Map<String, TreeMap<String, Double>> all = new TreeMap<>();
      for (String name : names(arm, "corrupted-accuracy/")) {
        String[] of = name.substring(name.indexOf('/') + 1).split("@");
        all.computeIfAbsent(of[0], k -> new TreeMap<>()).put(of[1], value(arm, name));
      }
      all.forEach(
          (kind, by) -> {
            if (columns.size() == 2) {
              by.keySet().forEach(s -> columns.add("severity " + s));
            }
            List<String> row = new ArrayList<>(List.of(arm.arm().label(), kind.replace('-', ' ')));
            by.values().forEach(v -> row.add(Format.percent(v)));
            rows.add(row);
          });
    }
    return table(columns, rows, 2);
  }

  static Optional<Table> calibration(List<ArmSummary> arms) {
    return each(
        arms,
        "ece",
        List.of("network", "inputs", "mean confidence", "ECE", "NLL", "Brier"),
        (arm, name) -> {
          String where = name.substring("ece".length());
          boolean own = where.isEmpty() || where.startsWith("/");
          return !own
              ? List.of()
              : List.of(
                  where.isEmpty() ? "clean" : Wording.of(where.substring(1)),
                  Format.percent(value(arm, "mean-confidence" + where)),
                  Format.number(value(arm, name)),
                  Format.number(value(arm, "nll" + where)),
                  Format.number(value(arm, "brier" + where)));
        });
  }

  static Optional<Table> selective(List<ArmSummary> arms) {
    String area = "selective-area/";
    return each(
        arms,
        area,
        List.of(
            "network",
            "inputs",
            "handed over %",
            "wrong answers %",
            "of the surest half %",
            "area"),
        (arm, name) -> {
          String where = name.substring(area.length());
          return List.of(
              where.replace('-', ' '),
              Format.percent(value(arm, "handed-over/" + where)),
              Format.percent(value(arm, "answered-error/" + where)),
              Format.percent(value(arm, Quantities.at("selective-risk/" + where, 0.5))),
              Format.number(value(arm, name)));
        });
  }

  static Optional<Table> unexpected(List<ArmSummary> arms) {
    String auroc = "max-prob-auroc/";
    return each(
        arms,
        auroc,
        List.of("network", "inputs", "mean confidence", "AUROC of confidence", "of entropy"),
        (arm, name) -> {
          String kind = name.substring(auroc.length());
          return List.of(
              kind.replace('-', ' '),
              Format.percent(value(arm, "mean-confidence/" + kind)),
              Format.number(value(arm, name)),
              Format.number(value(arm, "entropy-auroc/" + kind)));
        });
  }

  static Optional<Table> lipschitz(List<ArmSummary> arms) {
    return each(
        arms,
        Scalar.LIPSCHITZ_LOWER,
        List.of("network", "", "at least", "at most", "median margin"),
        (arm, name) ->
            List.of(
                "",
                Format.number(value(arm, Scalar.LIPSCHITZ_LOWER)),
                Format.number(value(arm, Scalar.LIPSCHITZ_UPPER)),
                Format.number(value(arm, Scalar.MEDIAN_MARGIN))));
  }

  /** Returns the share of units that are on, by layer. */
  static Optional<Table> units(List<ArmSummary> arms) {
    List<List<String>> rows = new ArrayList<>();
    for (ArmSummary arm : arms) {
      for (int l = 1; !Double.isNaN(active(arm, l)); l++) {
        rows.add(
            List.of(
                arm.arm().label(),
                Integer.toString(l),
                Format.percent(active(arm, l)),
                Format.percent(value(arm, SparsitySpecs.layer(ReluSparsity.DEAD, l)))));
      }
    }
    return table(List.of("network", "ReLU layer", "on %", "never on %"), rows, 2);
  }

  private static double active(ArmSummary arm, int layer) {
    return value(arm, SparsitySpecs.layer(ReluSparsity.ACTIVE, layer));
  }

  /** Makes a row of each number whose name begins so; an empty row is none. */
  private static Optional<Table> each(
      List<ArmSummary> arms,
      String prefix,
      List<String> columns,
      BiFunction<ArmSummary, String, List<String>> cells) {
    List<List<String>> rows = new ArrayList<>();
    for (ArmSummary arm : arms) {
      for (String name : names(arm, prefix)) {
        List<String> own = cells.apply(arm, name);
        if (!own.isEmpty()) {
          List<String> row = new ArrayList<>(List.of(arm.arm().label()));
          row.addAll(own);
          rows.add(row);
        }
      }
    }
    return table(columns, rows, 2);
  }

  private static List<String> names(ArmSummary arm, String prefix) {
    return arm.results().get(0).scalars().keySet().stream()
        .filter(n -> n.startsWith(prefix))
        .toList();
  }

  private static Optional<Table> table(List<String> columns, List<List<String>> rows, int left) {
    return rows.isEmpty() ? Optional.empty() : Optional.of(new Table(columns, rows, left));
  }
}
