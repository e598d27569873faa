// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.rigor.run.store.RunRecord;
import org.rigor.run.store.TheoryRecord;
import org.rigor.run.theory.Finding;
import org.rigor.run.theory.LawResult;
import org.rigor.run.theory.LawTrial;
import org.rigor.run.trial.Curve;
import org.rigor.run.trial.Scalar;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialResult;

/**
 * A run beside the same run made again.
 *
 * @param exact whether equal bits were required: CPU, one kind of matrix product, one version of
 *     the numerics
 * @param compared numbers compared
 * @param different numbers that differ by more than is allowed
 * @param text what differs in the circumstances and in the results
 */
public record Reproduction(boolean exact, int compared, int different, String text) {
  /** Two runs on different devices may differ by so much of a number. */
  private static final double RELATIVE = 0.05;

  /** Standard errors by which two shares may differ; a trajectory of training is not one number. */
  private static final double ERRORS = 4;

  /** Rows shown of what differs. */
  private static final int SHOWN = 20;

  /** One number of both runs. */
  private record Pair(String what, double before, double again, double allowed) {
    boolean differs() {
      return !(Double.compare(before, again) == 0 || Math.abs(before - again) <= allowed);
    }
  }

  /** Compares two runs of a study of networks, trial by trial. */
  public static Reproduction of(RunRecord before, RunRecord again) {
    boolean exact = exact(before.provenance(), again.provenance());
    Map<String, TrialResult> now = new LinkedHashMap<>();
    for (Trial t : again.trials()) {
      now.put(key(t), again.results().get(t.id()));
    }
    List<Pair> pairs = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    for (Trial t : before.trials()) {
      TrialResult a = before.results().get(t.id());
      TrialResult b = now.get(key(t));
      if (a == null) {
        continue;
      }
      if (b == null || a.outcome() != b.outcome()) {
        missing.add(
            "%s: was %s, is %s"
                .formatted(key(t), a.outcome(), b == null ? "not run" : b.outcome()));
      } else if (a.finished()) {
        pairs(key(t), a, b, exact, pairs);
      }
    }
    return write(before.provenance(), again.provenance(), exact, pairs, missing);
  }

  /** Compares two runs of a study of laws, row by row. */
  public static Reproduction of(TheoryRecord before, TheoryRecord again) {
    boolean exact = exact(before.provenance(), again.provenance());
    Map<String, LawResult> now = new LinkedHashMap<>();
    again.trials().forEach(t -> now.put(t.label(), again.results().get(t.id())));
    List<Pair> pairs = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    for (LawTrial t : before.trials()) {
      LawResult a = before.results().get(t.id());
      LawResult b = now.get(t.label());
      if (a == null) {
        continue;
      }
      if (b == null) {
        missing.add(t.label() + ": was measured, is not");
        continue;
      }
      Map<String, Finding> rows = new LinkedHashMap<>();
      b.findings().forEach(f -> rows.put(f.row(), f));
      for (Finding f : a.findings()) {
        Finding g = rows.get(f.row());
        if (g == null) {
          missing.add("%s, %s: the row is gone".formatted(t.label(), f.row()));
        } else {
          double allowed = exact ? 0 : 2 * f.tolerance().allowed();
          pairs.add(new Pair(t.label() + ", " + f.row(), f.measured(), g.measured(), allowed));
        }
      }
    }
    return write(before.provenance(), again.provenance(), exact, pairs, missing);
  }

  private static String key(Trial t) {
    return "%s, seed %d".formatted(t.arm().label(), t.spec().seed());
  }

  private static void pairs(
      String key, TrialResult a, TrialResult b, boolean exact, List<Pair> out) {
    for (Map.Entry<String, Scalar> e : a.scalars().entrySet()) {
      Scalar other = b.scalars().get(e.getKey());
      double v = e.getValue().value();
      double w = other == null ? Double.NaN : other.value();
      boolean share = e.getKey().endsWith("accuracy") && !a.scalars().isEmpty();
      double allowed = share ? shares(v, w, a.correct().length) : RELATIVE * Math.abs(v);
      out.add(new Pair(key + ", " + e.getKey(), v, w, exact ? 0 : allowed));
    }
    if (exact) {
      double same = Arrays.equals(a.correct(), b.correct()) ? 0 : 1;
      out.add(new Pair(key + ", samples classified otherwise", 0, same, 0));
    }
    for (int i = 0; i < a.curves().size(); i++) {
      Curve c = a.curves().get(i);
      Curve d = i < b.curves().size() ? b.curves().get(i) : null;
      boolean alike = d != null && Arrays.equals(c.epsilons(), d.epsilons());
      for (int j = 0; j < c.epsilons().length; j++) {
        double v = c.accuracy(j);
        double w = alike ? d.accuracy(j) : Double.NaN;
        String what = "%s, %s at %s".formatted(key, Tables.words(c), c.epsilons()[j]);
        out.add(new Pair(what, v, w, exact ? 0 : shares(v, w, c.survived().length)));
      }
      if (exact && alike) {
        double same = Arrays.equals(c.survived(), d.survived()) ? 0 : 1;
        out.add(new Pair(key + ", " + Tables.words(c) + ", other samples", 0, same, 0));
      }
    }
  }

  private static double shares(double p, double q, int n) {
    double mean = (p + q) / 2;
    return ERRORS * Math.sqrt(2 * mean * (1 - mean) / n) + 1.0 / n;
  }

  private static Reproduction write(
      JsonObject before, JsonObject again, boolean exact, List<Pair> pairs, List<String> missing) {
    StringBuilder out = new StringBuilder();
    out.append(circumstances(before, again).text()).append('\n');
    List<Pair> differing = pairs.stream().filter(Pair::differs).toList();
    if (!differing.isEmpty()) {
      List<List<String>> rows = new ArrayList<>();
      for (Pair p : differing.subList(0, Math.min(SHOWN, differing.size()))) {
        rows.add(
            List.of(
                p.what(),
                Double.toString(p.before()),
                Double.toString(p.again()),
                exact ? "equal bits" : Format.number(p.allowed())));
      }
      out.append(new Table(List.of("differs", "before", "again", "allowed"), rows).text());
      if (differing.size() > SHOWN) {
        out.append("and %d more%n".formatted(differing.size() - SHOWN));
      }
      out.append('\n');
    }
    missing.forEach(m -> out.append(m).append('\n'));
    int different = differing.size() + missing.size();
    out.append(
        "%d numbers compared, %s: %s%n"
            .formatted(
                pairs.size(),
                exact
                    ? "bit for bit"
                    : "shares within %.0f standard errors, laws within twice their tolerance, others within %.0f %%"
                        .formatted(ERRORS, 100 * RELATIVE),
                different == 0 ? "reproduced" : different + " DIFFER"));
    return new Reproduction(exact, pairs.size(), different, out.toString());
  }

  /** What may be the cause of a difference. */
  private static Table circumstances(JsonObject before, JsonObject again) {
    Map<String, String> a = facts(before);
    Map<String, String> b = facts(again);
    TreeSet<String> keys = new TreeSet<>(a.keySet());
    keys.addAll(b.keySet());
    List<List<String>> rows = new ArrayList<>();
    for (String k : keys) {
      String x = a.getOrDefault(k, "-");
      String y = b.getOrDefault(k, "-");
      if (!x.equals(y)) {
        rows.add(List.of(k, x, y));
      }
    }
    if (rows.isEmpty()) {
      rows.add(List.of("nothing", "", ""));
    }
    return new Table(List.of("differs in", "before", "again"), rows);
  }

  private static Map<String, String> facts(JsonObject p) {
    Map<String, String> out = new TreeMap<>();
    for (String key : List.of("rigor", "numerics", "device-kind")) {
      out.put(key, p.get(key).getAsString());
    }
    p.getAsJsonObject("engine")
        .entrySet()
        .forEach(e -> out.put("engine " + e.getKey(), e.getValue().getAsString()));
    JsonObject git = p.getAsJsonObject("git");
    if (git.has("commit")) {
      out.put("commit", git.get("commit").getAsString());
    }
    for (JsonElement d : p.getAsJsonArray("data")) {
      JsonObject o = d.getAsJsonObject();
      out.put("data " + o.get("name").getAsString(), o.get("sha256").getAsString());
    }
    if (p.has("plugins")) {
      for (JsonElement e : p.getAsJsonArray("plugins")) {
        JsonObject o = e.getAsJsonObject();
        out.put("plugin " + o.get("jar").getAsString(), o.get("sha256").getAsString());
      }
    }
    out.put("cpu", p.getAsJsonObject("machine").get("cpu").getAsString());
    return out;
  }

  private static boolean exact(JsonObject a, JsonObject b) {
    for (JsonObject p : List.of(a, b)) {
      if (!p.get("device-kind").getAsString().equals("cpu")) {
        return false;
      }
    }
    return a.get("numerics").equals(b.get("numerics")) && gemm(a).equals(gemm(b));
  }

  /** The kind of the CPU's matrix product; its bits hold for one kind. */
  private static String gemm(JsonObject p) {
    JsonElement g = p.getAsJsonObject("engine").get("gemm");
    return g == null ? "" : g.getAsString();
  }
}
