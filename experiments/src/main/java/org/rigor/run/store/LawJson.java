// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.io.Sha256;
import org.rigor.run.theory.Chart;
import org.rigor.run.theory.Finding;
import org.rigor.run.theory.Lab;
import org.rigor.run.theory.LawResult;
import org.rigor.run.theory.LawTrial;
import org.rigor.run.theory.SeedClaim;
import org.rigor.run.theory.Tolerance;
import org.rigor.run.yaml.Names;

/** The file of a law: what it was, what it found, and a checksum over both. */
final class LawJson {
  private LawJson() {}

  static String write(LawTrial trial, LawResult r) {
    JsonObject o = new JsonObject();
    o.addProperty("id", r.id());
    o.addProperty("law", trial.label());
    o.addProperty("source", trial.law().source());
    o.addProperty("says", trial.law().says());
    o.add("options", trial.options());
    o.addProperty("seed", trial.seed());
    o.addProperty("seconds", r.seconds());
    JsonArray findings = new JsonArray();
    r.findings().forEach(f -> findings.add(finding(f)));
    o.add("findings", findings);
    JsonArray claims = new JsonArray();
    r.claims().forEach(c -> claims.add(claim(c)));
    o.add("claims", claims);
    JsonObject reports = new JsonObject();
    r.reports().forEach((name, v) -> reports.add(name, number(v)));
    o.add("reports", reports);
    JsonArray charts = new JsonArray();
    r.charts().forEach(c -> charts.add(chart(c)));
    o.add("charts", charts);
    o.addProperty("checksum", checksum(o));
    return o + "\n";
  }

  /**
   * Reads a result.
   *
   * @throws JsonParseException if the text is torn or was changed
   */
  static LawResult read(String text) {
    try {
      JsonObject o = JsonParser.parseString(text).getAsJsonObject();
      JsonElement sum = o.remove("checksum");
      if (sum == null || !sum.getAsString().equals(checksum(o))) {
        throw new JsonParseException("its checksum does not match");
      }
      List<Finding> findings = new ArrayList<>();
      o.getAsJsonArray("findings").forEach(e -> findings.add(finding(e.getAsJsonObject())));
      List<SeedClaim> claims = new ArrayList<>();
      o.getAsJsonArray("claims").forEach(e -> claims.add(claim(e.getAsJsonObject())));
      Map<String, Double> reports = new LinkedHashMap<>();
      o.getAsJsonObject("reports")
          .entrySet()
          .forEach(e -> reports.put(e.getKey(), number(e.getValue())));
      List<Chart> charts = new ArrayList<>();
      o.getAsJsonArray("charts").forEach(e -> charts.add(chart(e.getAsJsonObject())));
      return new LawResult(
          o.get("id").getAsString(),
          o.get("seconds").getAsDouble(),
          findings,
          claims,
          reports,
          charts);
    } catch (IllegalStateException
        | ClassCastException
        | NullPointerException
        | IllegalArgumentException e) {
      throw new JsonParseException("it is not the result of a law", e);
    }
  }

  private static String checksum(JsonObject o) {
    return Sha256.of(o.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static JsonObject finding(Finding f) {
    JsonObject o = new JsonObject();
    o.addProperty("row", f.row());
    o.addProperty("equation", f.equation());
    o.add("predicted", number(f.predicted()));
    o.add("measured", number(f.measured()));
    o.add("allowed", number(f.tolerance().allowed()));
    o.addProperty("tolerance", f.tolerance().why());
    o.addProperty("agrees", f.agrees());
    return o;
  }

  private static Finding finding(JsonObject o) {
    return new Finding(
        o.get("row").getAsString(),
        o.get("equation").getAsString(),
        number(o.get("predicted")),
        number(o.get("measured")),
        new Tolerance(number(o.get("allowed")), o.get("tolerance").getAsString()));
  }

  private static JsonObject claim(SeedClaim c) {
    JsonObject o = new JsonObject();
    o.addProperty("id", c.id());
    o.addProperty("says", c.says());
    o.add("seeds", numbers(c.seeds()));
    o.addProperty("relation", Names.kebab(c.relation().name()));
    o.addProperty("value", c.value());
    return o;
  }

  private static SeedClaim claim(JsonObject o) {
    return new SeedClaim(
        o.get("id").getAsString(),
        o.get("says").getAsString(),
        numbers(o.getAsJsonArray("seeds")),
        constant(Lab.Relation.class, o.get("relation").getAsString()),
        o.get("value").getAsDouble());
  }

  private static JsonObject chart(Chart c) {
    JsonObject o = new JsonObject();
    o.addProperty("name", c.name());
    o.addProperty("title", c.title());
    o.addProperty("x", c.x());
    o.addProperty("y", c.y());
    o.addProperty("log-x", c.logX());
    o.addProperty("log-y", c.logY());
    JsonArray series = new JsonArray();
    for (Chart.Series s : c.series()) {
      JsonObject line = new JsonObject();
      line.addProperty("label", s.label());
      line.addProperty("role", Names.kebab(s.role().name()));
      line.add("x", numbers(s.x()));
      line.add("y", numbers(s.y()));
      line.add("error", numbers(s.error()));
      series.add(line);
    }
    o.add("series", series);
    return o;
  }

  private static Chart chart(JsonObject o) {
    List<Chart.Series> series = new ArrayList<>();
    for (JsonElement e : o.getAsJsonArray("series")) {
      JsonObject s = e.getAsJsonObject();
      series.add(
          new Chart.Series(
              s.get("label").getAsString(),
              constant(Chart.Role.class, s.get("role").getAsString()),
              numbers(s.getAsJsonArray("x")),
              numbers(s.getAsJsonArray("y")),
              numbers(s.getAsJsonArray("error"))));
    }
    return new Chart(
        o.get("name").getAsString(),
        o.get("title").getAsString(),
        o.get("x").getAsString(),
        o.get("y").getAsString(),
        o.get("log-x").getAsBoolean(),
        o.get("log-y").getAsBoolean(),
        series);
  }

  private static JsonArray numbers(double[] values) {
    JsonArray out = new JsonArray();
    for (double v : values) {
      out.add(number(v));
    }
    return out;
  }

  private static double[] numbers(JsonArray array) {
    double[] out = new double[array.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = number(array.get(i));
    }
    return out;
  }

  /** JSON has no infinities and no NaN: they are written as text. */
  private static JsonPrimitive number(double v) {
    return Double.isFinite(v) ? new JsonPrimitive(v) : new JsonPrimitive(Double.toString(v));
  }

  private static double number(JsonElement e) {
    return Double.parseDouble(e.getAsString());
  }

  private static <E extends Enum<E>> E constant(Class<E> type, String kebab) {
    return Enum.valueOf(type, kebab.replace('-', '_').toUpperCase(java.util.Locale.ROOT));
  }
}
