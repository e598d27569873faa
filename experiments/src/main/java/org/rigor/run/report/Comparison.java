// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.rigor.run.claim.Metrics;
import org.rigor.run.statistics.Sample;
import org.rigor.run.statistics.Statistics;
import org.rigor.run.store.Damage;
import org.rigor.run.store.RunRecord;
import org.rigor.run.study.Quantities;
import org.rigor.run.study.Quantity;
import org.rigor.run.trial.Arm;
import org.rigor.run.trial.Curve;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialResult;
import org.rigor.run.yaml.Numbers;

/** Two runs side by side: the differences in their configurations and in their results. */
public final class Comparison {
  private Comparison() {}

  /** Returns the text for a terminal. */
  public static String text(RunRecord a, RunRecord b) {
    StringBuilder out = new StringBuilder();
    out.append("A = ").append(a.folder().root()).append('\n');
    out.append("B = ").append(b.folder().root()).append("\n\n");
    damaged("A", a, out);
    damaged("B", b, out);
    out.append(
            Configurations.differences(
                    a.study().canonical(), a.provenance(), b.study().canonical(), b.provenance())
                .text())
        .append('\n');
    if (!sameData(a, b)) {
      out.append("The data differ: samples are not paired, and no test is made.\n\n");
    }
    Table results = results(a, b);
    only(a, b, "A", out);
    only(b, a, "B", out);
    seeds(a, b, out);
    if (results.rows().isEmpty()) {
      out.append("The runs share no method and measurement that is finished in both.\n");
    } else {
      out.append(results.text());
      out.append(
          """

          A, B and B - A are means over the seeds that both have. p over seeds: paired t test on
          them; p over images: exact McNemar test, first of them. Neither is corrected for the
          number of rows: read them as a guide.
          """);
    }
    return out.toString();
  }

  /** Appends the arms that only one run has. */
  private static void only(RunRecord run, RunRecord other, String name, StringBuilder out) {
    Map<Arm, Map<Long, TrialResult>> others = arms(other);
    List<String> alone =
        arms(run).keySet().stream().filter(k -> !others.containsKey(k)).map(Arm::label).toList();
    if (!alone.isEmpty()) {
      out.append("finished only in %s: %s%n%n".formatted(name, String.join("; ", alone)));
    }
  }

  private static void damaged(String name, RunRecord run, StringBuilder out) {
    if (!run.damages().isEmpty()) {
      out.append(Damage.text(run.damages()))
          .append(
              "%s has %d damaged files; what is left is compared%n%n"
                  .formatted(name, run.damages().size()));
    }
  }

  /** Appends the seeds that only one run has, of arms that both have. */
  private static void seeds(RunRecord a, RunRecord b, StringBuilder out) {
    Map<Arm, Map<Long, TrialResult>> x = arms(a);
    Map<Arm, Map<Long, TrialResult>> y = arms(b);
    boolean any = false;
    for (Arm arm : x.keySet()) {
      if (y.containsKey(arm)) {
        any |= alone(arm, "A", x.get(arm), y.get(arm), out);
        any |= alone(arm, "B", y.get(arm), x.get(arm), out);
      }
    }
    out.append(any ? "\n" : "");
  }

  private static boolean alone(
      Arm arm,
      String name,
      Map<Long, TrialResult> own,
      Map<Long, TrialResult> other,
      StringBuilder out) {
    List<String> seeds =
        own.keySet().stream().filter(s -> !other.containsKey(s)).map(Object::toString).toList();
    if (!seeds.isEmpty()) {
      out.append(
          "%s: only %s has seeds %s; they are left out%n"
              .formatted(arm.label(), name, String.join(", ", seeds)));
    }
    return !seeds.isEmpty();
  }

  private static Map<Long, TrialResult> common(
      Map<Long, TrialResult> own, Map<Long, TrialResult> other) {
    Map<Long, TrialResult> out = new LinkedHashMap<>(own);
    out.keySet().retainAll(other.keySet());
    return out;
  }

  private static boolean sameData(RunRecord a, RunRecord b) {
    return a.data().stream()
        .map(d -> d.sha256())
        .toList()
        .equals(b.data().stream().map(d -> d.sha256()).toList());
  }

  private static Table results(RunRecord a, RunRecord b) {
    Map<Arm, Map<Long, TrialResult>> x = arms(a);
    Map<Arm, Map<Long, TrialResult>> y = arms(b);
    boolean paired = sameData(a, b);
    List<List<String>> rows = new ArrayList<>();
    for (Arm arm : x.keySet()) {
      if (!y.containsKey(arm)) {
        continue;
      }
      Map<Long, TrialResult> of = common(x.get(arm), y.get(arm));
      if (of.isEmpty()) {
        continue;
      }
      Pairing p = new Pairing(arm.label(), of, common(y.get(arm), x.get(arm)), paired);
      p.row("clean accuracy", Quantities.CLEAN_ACCURACY, 0, true, rows);
      TrialResult first = of.values().iterator().next();
      for (Curve c : first.curves()) {
        boolean attacked = c.side() == Curve.Side.ATTACKED;
        for (double e : c.epsilons()) {
          p.row(
              (attacked ? "attacked" : "certified") + " at " + Numbers.brief(e),
              attacked ? Quantities.ATTACKED_ACCURACY : Quantities.CERTIFIED_ACCURACY,
              e,
              true,
              rows);
        }
      }
      Quantities known = a.study().study().quantities();
      for (String name : first.scalars().keySet()) {
        if (!name.equals(Quantities.CLEAN_ACCURACY)) {
          p.row(
              Quantities.written(name),
              name,
              0,
              known.find(name).map(Quantity::share).orElse(false),
              rows);
        }
      }
    }
    return new Table(
        List.of("method", "metric", "seeds", "A", "B", "B - A", "p over seeds", "p over images"),
        rows);
  }

  private static Map<Arm, Map<Long, TrialResult>> arms(RunRecord run) {
    Map<Arm, Map<Long, TrialResult>> out = new LinkedHashMap<>();
    for (Trial t : run.trials()) {
      TrialResult r = run.results().get(t.id());
      if (r != null && r.finished()) {
        out.computeIfAbsent(t.arm(), k -> new LinkedHashMap<>()).put(t.spec().seed(), r);
      }
    }
    return out;
  }

  /** An arm that both runs have. */
  private record Pairing(
      String label, Map<Long, TrialResult> a, Map<Long, TrialResult> b, boolean paired) {

    void row(String name, String metric, double epsilon, boolean share, List<List<String>> rows) {
      List<Long> seeds =
          a.keySet().stream()
              .filter(s -> Metrics.of(a.get(s), metric, epsilon).isPresent())
              .filter(s -> Metrics.of(b.get(s), metric, epsilon).isPresent())
              .toList();
      if (seeds.isEmpty()) {
        return;
      }
      double[] x = values(seeds, a, metric, epsilon);
      double[] y = values(seeds, b, metric, epsilon);
      double mx = Statistics.mean(x);
      double my = Statistics.mean(y);
      boolean samples = Metrics.perSample(a.values().iterator().next(), metric, epsilon).length > 0;
      rows.add(
          List.of(
              label,
              name,
              Integer.toString(seeds.size()),
              share ? Format.percent(mx) : Format.number(mx),
              share ? Format.percent(my) : Format.number(my),
              share ? Format.percent(my - mx) : Format.number(my - mx),
              paired ? overSeeds(metric, epsilon) : "-",
              paired && samples ? overImages(metric, epsilon) : "-"));
    }

    private static double[] values(
        List<Long> seeds, Map<Long, TrialResult> results, String metric, double epsilon) {
      return seeds.stream()
          .mapToDouble(s -> Metrics.of(results.get(s), metric, epsilon).orElseThrow())
          .toArray();
    }

    private String overSeeds(String metric, double epsilon) {
      List<Double> d = new ArrayList<>();
      for (Map.Entry<Long, TrialResult> e : a.entrySet()) {
        TrialResult other = b.get(e.getKey());
        if (other != null) {
          var x = Metrics.of(e.getValue(), metric, epsilon);
          var y = Metrics.of(other, metric, epsilon);
          if (x.isPresent() && y.isPresent()) {
            d.add(y.getAsDouble() - x.getAsDouble());
          }
        }
      }
      double[] values = d.stream().mapToDouble(Double::doubleValue).toArray();
      return p(new Sample(values));
    }

    private String overImages(String metric, double epsilon) {
      for (Map.Entry<Long, TrialResult> e : a.entrySet()) {
        TrialResult other = b.get(e.getKey());
        if (other == null) {
          continue;
        }
        double[] x = Metrics.perSample(e.getValue(), metric, epsilon);
        double[] y = Metrics.perSample(other, metric, epsilon);
        if (x.length == 0 || x.length != y.length) {
          return "-";
        }
        int onlyA = 0;
        int onlyB = 0;
        for (int i = 0; i < x.length; i++) {
          onlyA += x[i] > y[i] ? 1 : 0;
          onlyB += y[i] > x[i] ? 1 : 0;
        }
        return p(Statistics.mcNemar(onlyA, onlyB));
      }
      return "-";
    }

    private static String p(Sample differences) {
      return differences.decides() ? p(differences.test(0)) : "-";
    }

    private static String p(double v) {
      return v < 1e-4 ? "< 0.0001" : String.format(Locale.ROOT, "%.4f", v);
    }
  }
}
