// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.rigor.run.claim.Metrics;
import org.rigor.run.claim.Statistics;
import org.rigor.run.store.RunRecord;
import org.rigor.run.study.Quantities;
import org.rigor.run.trial.Arm;
import org.rigor.run.trial.Curve;
import org.rigor.run.trial.Scalar;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialResult;
import org.rigor.run.yaml.Canonical;

/** Two runs side by side: what differs in their configuration, and in their results. */
public final class Comparison {
  private Comparison() {}

  /** Returns the text for a terminal. */
  public static String text(RunRecord a, RunRecord b) {
    StringBuilder out = new StringBuilder();
    out.append("A = ").append(a.folder().root()).append('\n');
    out.append("B = ").append(b.folder().root()).append("\n\n");
    out.append(configuration(a, b).text()).append('\n');
    if (!sameData(a, b)) {
      out.append("The data differ: samples are not paired, and no test is made.\n\n");
    }
    Table results = results(a, b);
    if (results.rows().isEmpty()) {
      out.append("The runs share no method and measurement that is finished in both.\n");
    } else {
      out.append(results.text());
      out.append(
          """

          p over seeds: paired t test on seeds that both have; p over images: exact McNemar test,
          first common seed. Neither is corrected for the number of rows: read them as a guide.
          """);
    }
    return out.toString();
  }

  private static boolean sameData(RunRecord a, RunRecord b) {
    return a.data().stream()
        .map(d -> d.sha256())
        .toList()
        .equals(b.data().stream().map(d -> d.sha256()).toList());
  }

  private static Table configuration(RunRecord a, RunRecord b) {
    Map<String, String> x = new TreeMap<>();
    Map<String, String> y = new TreeMap<>();
    flatten("", Canonical.of(a.study().study()), x);
    flatten("", Canonical.of(b.study().study()), y);
    for (String key : List.of("device-kind", "numerics", "rigor")) {
      x.put(key, a.provenance().get(key).getAsString());
      y.put(key, b.provenance().get(key).getAsString());
    }
    TreeSet<String> keys = new TreeSet<>(x.keySet());
    keys.addAll(y.keySet());
    List<List<String>> rows = new ArrayList<>();
    for (String key : keys) {
      String left = x.getOrDefault(key, "-");
      String right = y.getOrDefault(key, "-");
      if (!left.equals(right)) {
        rows.add(List.of(key, left, right));
      }
    }
    if (rows.isEmpty()) {
      rows.add(List.of("nothing", "", ""));
    }
    return new Table(List.of("differs in", "A", "B"), rows);
  }

  private static void flatten(String path, JsonElement e, Map<String, String> out) {
    if (e instanceof JsonObject o) {
      o.entrySet()
          .forEach(
              f ->
                  flatten(
                      path.isEmpty() ? f.getKey() : path + "." + f.getKey(), f.getValue(), out));
    } else if (e instanceof JsonArray list && list.size() > 0 && list.get(0).isJsonObject()) {
      for (int i = 0; i < list.size(); i++) {
        flatten(path + "[" + i + "]", list.get(i), out);
      }
    } else if (!e.isJsonNull()) {
      out.put(path, e.isJsonPrimitive() ? e.getAsString() : e.toString());
    }
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
      Pairing p = new Pairing(arm.label(), x.get(arm), y.get(arm), paired);
      p.row("clean accuracy", Quantities.CLEAN_ACCURACY, 0, rows);
      TrialResult first = x.get(arm).values().iterator().next();
      for (Curve c : first.curves()) {
        boolean attacked = c.side() == Curve.Side.ATTACKED;
        for (double e : c.epsilons()) {
          p.row(
              (attacked ? "attacked" : "certified") + " at " + e,
              attacked ? Quantities.ATTACKED_ACCURACY : Quantities.CERTIFIED_ACCURACY,
              e,
              rows);
        }
      }
      p.row(Scalar.LIPSCHITZ_LOWER, Scalar.LIPSCHITZ_LOWER, 0, rows);
      p.row(Scalar.LIPSCHITZ_UPPER, Scalar.LIPSCHITZ_UPPER, 0, rows);
    }
    return new Table(
        List.of("method", "metric", "A", "B", "B - A", "p over seeds", "p over images"), rows);
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

  /** One arm of both runs. */
  private record Pairing(
      String label, Map<Long, TrialResult> a, Map<Long, TrialResult> b, boolean paired) {

    void row(String name, String metric, double epsilon, List<List<String>> rows) {
      double[] x = values(a, metric, epsilon);
      double[] y = values(b, metric, epsilon);
      if (x.length == 0 || y.length == 0) {
        return;
      }
      double mx = Statistics.mean(x);
      double my = Statistics.mean(y);
      boolean share = Metrics.perSample(a.values().iterator().next(), metric, epsilon).length > 0;
      rows.add(
          List.of(
              label,
              name,
              share ? Format.percent(mx) : Format.number(mx),
              share ? Format.percent(my) : Format.number(my),
              share ? Format.percent(my - mx) : Format.number(my - mx),
              paired ? overSeeds(metric, epsilon) : "-",
              paired && share ? overImages(metric, epsilon) : "-"));
    }

    private static double[] values(Map<Long, TrialResult> results, String metric, double epsilon) {
      return results.values().stream()
          .map(r -> Metrics.of(r, metric, epsilon))
          .filter(java.util.OptionalDouble::isPresent)
          .mapToDouble(java.util.OptionalDouble::getAsDouble)
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
      return values.length < 2 ? "-" : p(Statistics.tTest(values, 0));
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

    private static String p(double v) {
      return v < 1e-4 ? "< 0.0001" : String.format(Locale.ROOT, "%.4f", v);
    }
  }
}
