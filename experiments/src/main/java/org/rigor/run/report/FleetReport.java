// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.run.store.RunFacts;
import org.rigor.run.store.RunRecord;
import org.rigor.run.study.Quantities;
import org.rigor.run.trial.Curve;
import org.rigor.run.trial.NetworkIdentity;
import org.rigor.run.trial.Scalar;
import org.rigor.run.trial.TrialResult;
import org.rigor.run.yaml.Names;

/**
 * Numbers of networks that were measured together: of each, and their mean, least and most.
 *
 * @param run of one arm, whose seeds are the files of a folder
 * @param shown beginnings of the names of numbers that are shown
 */
public record FleetReport(RunRecord run, List<String> shown) {
  /** Name and version of the file's format. */
  public static final String FORMAT = "rigor-fleet/1";

  private List<NetworkIdentity> files() {
    return run.provenance().head().networks().values().iterator().next();
  }

  /** Returns the numbers of each network by name: its accuracies and what else is shown. */
  private List<Map<String, Double>> numbers() {
    List<Map<String, Double>> all = new ArrayList<>();
    for (ArmSummary arm : ArmSummary.each(run)) {
      TrialResult r = arm.results().get(0);
      Map<String, Double> own = new LinkedHashMap<>();
      own.put(Quantities.CLEAN_ACCURACY, AuditTables.value(arm, Scalar.CLEAN_ACCURACY));
      for (Curve c : r.curves()) {
        String side =
            c.side() == Curve.Side.ATTACKED
                ? Quantities.ATTACKED_ACCURACY
                : Quantities.CERTIFIED_ACCURACY;
        for (int e = 0; e < c.epsilons().length; e++) {
          own.put(Quantities.at(side, c.epsilons()[e]), c.accuracy(e));
        }
      }
      r.scalars().keySet().stream()
          .filter(name -> shown.stream().anyMatch(name::startsWith))
          .forEach(name -> own.put(name, AuditTables.value(arm, name)));
      all.add(own);
    }
    return all;
  }

  private static double[] column(List<Map<String, Double>> all, String name) {
    return all.stream().mapToDouble(own -> own.getOrDefault(name, Double.NaN)).toArray();
  }

  /** Returns the table of the console: a row for each network, then mean, least and most. */
  public String text() {
    List<Map<String, Double>> all = numbers();
    List<String> names = List.copyOf(all.get(0).keySet());
    List<String> columns = new ArrayList<>(List.of("network"));
    names.forEach(n -> columns.add(isShare(n) ? n + " %" : n));
    List<List<String>> rows = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      List<String> row = new ArrayList<>(List.of(files().get(i).name()));
      for (String name : names) {
        row.add(cell(name, all.get(i).getOrDefault(name, Double.NaN)));
      }
      rows.add(row);
    }
    for (String how : List.of("mean", "least", "most")) {
      List<String> row = new ArrayList<>(List.of(how));
      names.forEach(name -> row.add(cell(name, together(how, column(all, name)))));
      rows.add(row);
    }
    return new Table(columns, rows).text() + "\n";
  }

  private static boolean isShare(String name) {
    return name.contains("accuracy") || name.startsWith("unknown-share");
  }

  private static String cell(String name, double value) {
    return isShare(name) ? Format.percent(value) : Format.number(value);
  }

  private static double together(String how, double[] values) {
    return switch (how) {
      case "mean" -> Arrays.stream(values).average().orElse(Double.NaN);
      case "least" -> Arrays.stream(values).min().orElse(Double.NaN);
      default -> Arrays.stream(values).max().orElse(Double.NaN);
    };
  }

  /** Returns the file. */
  public String json() {
    RunFacts facts = run.provenance().head();
    List<Map<String, Double>> all = numbers();
    JsonObject o = new JsonObject();
    o.addProperty("format", FORMAT);
    o.addProperty("rigor", facts.rigor());
    o.addProperty("date", facts.started());
    o.addProperty("device", facts.device());
    JsonArray command = new JsonArray();
    facts.command().forEach(command::add);
    o.add("command", command);
    o.addProperty("data_sha256", run.data().get(0).sha256());
    JsonArray models = new JsonArray();
    List<ArmSummary> arms = ArmSummary.each(run);
    for (int i = 0; i < all.size(); i++) {
      JsonObject m = new JsonObject();
      m.addProperty("file", files().get(i).name());
      m.addProperty("sha256", files().get(i).sha256());
      JsonObject numbers = new JsonObject();
      all.get(i).forEach((name, v) -> numbers.add(name, number(v)));
      m.add("numbers", numbers);
      JsonObject kinds = new JsonObject();
      TrialResult r = arms.get(i).results().get(0);
      r.curves().forEach(c -> kinds.addProperty(side(c), Names.kebab(c.kind().name())));
      r.scalars()
          .forEach(
              (name, s) -> {
                if (numbers.has(name)) {
                  kinds.addProperty(name, Names.kebab(s.kind().name()));
                }
              });
      m.add("kinds", kinds);
      models.add(m);
    }
    o.add("models", models);
    JsonObject together = new JsonObject();
    for (String name : all.get(0).keySet()) {
      JsonObject t = new JsonObject();
      for (String how : List.of("mean", "least", "most")) {
        t.add(how, number(together(how, column(all, name))));
      }
      together.add(name, t);
    }
    o.add("together", together);
    return new GsonBuilder().setPrettyPrinting().serializeNulls().create().toJson(o) + "\n";
  }

  private static String side(Curve c) {
    return c.side() == Curve.Side.ATTACKED
        ? Quantities.ATTACKED_ACCURACY
        : Quantities.CERTIFIED_ACCURACY;
  }

  private static com.google.gson.JsonElement number(double v) {
    return Double.isFinite(v) ? new JsonPrimitive(v) : JsonNull.INSTANCE;
  }
}
