// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.analysis;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.rigor.io.Sha256;
import org.rigor.verify.Counterexample;
import org.rigor.verify.Verdict;

/** The JSON file of verdicts. */
public final class VerdictJson {
  private VerdictJson() {}

  /** Returns the file of a job. */
  public static String of(List<Decided> all, Effort effort, Made made) {
    JsonObject o = made.head(all.isEmpty() ? "none" : all.get(0).device());
    for (String answer : List.of("verified", "violated", "unknown", "error")) {
      o.addProperty(answer, all.stream().filter(d -> d.answer().equals(answer)).count());
    }
    o.add("effort", effort.json(VerdictText.verdicts(all)));
    JsonArray instances = new JsonArray();
    Map<Path, String> sums = new HashMap<>();
    all.forEach(d -> instances.add(instance(d, sums)));
    o.add("instances", instances);
    return AnalysisJson.text(o);
  }

  private static JsonObject instance(Decided d, Map<Path, String> sums) {
    JsonObject o = new JsonObject();
    o.addProperty("model", d.instance().label().model());
    o.addProperty("property", d.instance().label().property());
    o.addProperty("verdict", d.answer());
    o.addProperty("seconds_allowed", d.instance().seconds());
    if (d.verdict().isEmpty()) {
      o.addProperty("error", d.error());
      return o;
    }
    Verdict v = d.verdict().get();
    o.addProperty("model_sha256", sums.computeIfAbsent(d.instance().model(), Sha256::of));
    o.addProperty("property_sha256", sums.computeIfAbsent(d.instance().property(), Sha256::of));
    o.addProperty("by", v.by());
    o.addProperty("kind", AnalysisJson.word(d.kind()));
    o.addProperty("arithmetic", "real");
    o.addProperty("clauses", v.clauses());
    o.addProperty("refuted", v.refuted());
    o.add("bound", AnalysisJson.number(v.bound()));
    o.addProperty("cells", v.nodes());
    o.addProperty("row_iterations", v.iterations());
    o.addProperty("seconds", v.seconds());
    o.add(
        "counterexample",
        v.counterexample().<JsonElement>map(VerdictJson::point).orElse(JsonNull.INSTANCE));
    JsonArray notes = new JsonArray();
    d.notes().forEach(notes::add);
    o.add("notes", notes);
    return o;
  }

  private static JsonObject point(Counterexample c) {
    JsonObject o = new JsonObject();
    o.addProperty("clause", c.clause());
    JsonArray exact = new JsonArray();
    JsonArray floats = new JsonArray();
    for (int i = 0; i < c.point().exact().length; i++) {
      exact.add(new JsonPrimitive(c.point().exact()[i]));
      floats.add(AnalysisJson.number(c.point().floats()[i]));
    }
    o.add("input", exact);
    o.addProperty("inputs_no_float_equals", c.point().outside());
    o.add("float32_input", floats);
    JsonArray lower = new JsonArray();
    JsonArray upper = new JsonArray();
    JsonArray plain = new JsonArray();
    for (int j = 0; j < c.lower().length; j++) {
      lower.add(AnalysisJson.number(c.lower()[j]));
      upper.add(AnalysisJson.number(c.upper()[j]));
      plain.add(AnalysisJson.number(c.floatOutputs()[j]));
    }
    o.add("output_lower", lower);
    o.add("output_upper", upper);
    o.add("float32_output", plain);
    o.addProperty("float32_violates", c.floatViolates());
    return o;
  }
}
