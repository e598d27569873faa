// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
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

/** The file of a law: the law, its findings, and a checksum over both. */
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
   * @param file its name in messages
   * @param vouched whether the manifest confirms the checksum of the bytes, so that the text's own
   *     is not checked
   * @throws DamagedException if the text is torn or was changed, with the key
   */
  static LawResult read(String file, byte[] bytes, boolean vouched) {
    Fields f = Fields.read(file, bytes);
    if (!vouched) {
      JsonObject rest = f.json().deepCopy();
      rest.remove("checksum");
      if (!f.text("checksum").equals(checksum(rest))) {
        throw new DamagedException(file, "its checksum does not match");
      }
    }
    Map<String, Double> reports = new LinkedHashMap<>();
    Fields stated = f.object("reports");
    stated.json().keySet().forEach(name -> reports.put(name, stated.number(name)));
    return new LawResult(
        f.text("id"),
        f.number("seconds"),
        f.objects("findings").stream().map(o -> o.make(LawJson::finding)).toList(),
        f.objects("claims").stream().map(o -> o.make(LawJson::claim)).toList(),
        reports,
        f.objects("charts").stream().map(o -> o.make(LawJson::chart)).toList());
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

  private static Finding finding(Fields f) {
    return new Finding(
        f.text("row"),
        f.text("equation"),
        f.number("predicted"),
        f.number("measured"),
        new Tolerance(f.number("allowed"), f.text("tolerance")));
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

  private static SeedClaim claim(Fields f) {
    return new SeedClaim(
        f.text("id"),
        f.text("says"),
        f.numbers("seeds"),
        f.constant("relation", Lab.Relation.class),
        f.number("value"));
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

  private static Chart chart(Fields f) {
    return new Chart(
        f.text("name"),
        f.text("title"),
        f.text("x"),
        f.text("y"),
        f.flag("log-x"),
        f.flag("log-y"),
        f.objects("series").stream().map(s -> s.make(LawJson::series)).toList());
  }

  private static Chart.Series series(Fields f) {
    return new Chart.Series(
        f.text("label"),
        f.constant("role", Chart.Role.class),
        f.numbers("x"),
        f.numbers("y"),
        f.numbers("error"));
  }

  private static JsonArray numbers(double[] values) {
    JsonArray out = new JsonArray();
    for (double v : values) {
      out.add(number(v));
    }
    return out;
  }

  /** Returns a number as JSON, an infinity or NaN as text because JSON has neither. */
  private static JsonPrimitive number(double v) {
    return Double.isFinite(v) ? new JsonPrimitive(v) : new JsonPrimitive(Double.toString(v));
  }
}
