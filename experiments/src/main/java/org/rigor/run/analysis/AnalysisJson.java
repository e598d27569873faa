// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.analysis;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.util.List;
import java.util.function.Predicate;
import org.rigor.data.Box;
import org.rigor.diff.Kind;
import org.rigor.run.analysis.Analyses.CertifiedSample;
import org.rigor.run.analysis.Analyses.CertifyReport;
import org.rigor.run.analysis.Analyses.LipschitzReport;
import org.rigor.run.analysis.Analyses.LowerSide;
import org.rigor.run.analysis.Analyses.Share;
import org.rigor.run.analysis.Analyses.Value;
import org.rigor.run.statistics.Interval;
import org.rigor.run.statistics.Statistics;
import org.rigor.run.yaml.Names;
import org.rigor.threat.Threat;

/** The JSON files of {@code lipschitz} and {@code certify}, and the parts common to all reports. */
public final class AnalysisJson {
  /** Level of the intervals: 95 %. */
  static final double ALPHA = 0.05;

  private AnalysisJson() {}

  /** Returns the share of elements with a property, with its Wilson interval. */
  static <T> Share share(Iterable<T> all, Predicate<T> good) {
    int n = 0;
    int k = 0;
    for (T t : all) {
      n++;
      k += good.test(t) ? 1 : 0;
    }
    if (n == 0) {
      throw new IllegalArgumentException("a share needs at least one sample");
    }
    Interval i = Statistics.wilson((double) k / n, n, ALPHA);
    return new Share((double) k / n, i.low(), i.high());
  }

  /** Returns the file of a Lipschitz bracket. */
  public static String of(LipschitzReport r, Made made) {
    JsonObject o = made.head(r.device());
    o.addProperty("model_sha256", r.modelSha256());
    o.add("data_sha256", r.dataSha256().map(AnalysisJson::text).orElse(JsonNull.INSTANCE));
    o.add("box", r.box().isBounded() ? box(r.box()) : JsonNull.INSTANCE);
    o.addProperty("norm", Names.kebab(r.norm().name()));
    o.addProperty("domain", r.domain());
    o.add("lower", r.lower().map(AnalysisJson::lower).orElse(JsonNull.INSTANCE));
    o.add("upper", r.upper().<JsonElement>map(AnalysisJson::value).orElse(JsonNull.INSTANCE));
    r.noUpper().ifPresent(why -> o.addProperty("no_upper", why));
    JsonArray methods = new JsonArray();
    for (Analyses.Method m : r.methods()) {
      JsonObject x = new JsonObject();
      x.addProperty("name", m.name());
      x.addProperty("side", m.side());
      x.add("value", number(m.value()));
      x.addProperty("kind", m.kind());
      x.addProperty("seconds", m.seconds());
      methods.add(x);
    }
    o.add("methods", methods);
    return text(o);
  }

  /** Returns the file of a certificate. */
  public static String of(CertifyReport r, Made made) {
    Analyses.CertifyRequest q = r.request();
    JsonObject o = made.head(r.device());
    o.addProperty("model_sha256", r.modelSha256());
    o.addProperty("data_sha256", r.dataSha256());
    o.addProperty("method", q.method());
    threat(o, q.threat());
    o.addProperty("epsilon", q.epsilon());
    o.add("box", q.threat().box().isBounded() ? box(q.threat().box()) : JsonNull.INSTANCE);
    o.addProperty("kind", word(r.kind()));
    share(o, "certified_accuracy", share(r.samples(), s -> s.verdict().equals("verified")));
    JsonArray samples = new JsonArray();
    for (CertifiedSample s : r.samples()) {
      JsonObject x = new JsonObject();
      x.addProperty("index", s.index());
      x.addProperty("label", s.label());
      x.addProperty("predicted", s.predicted());
      x.addProperty("verdict", s.verdict());
      x.addProperty("kind", word(s.kind()));
      x.add("margin_lower", number(s.marginLower()));
      x.addProperty("margin_method", s.method());
      x.add("margins_lower", numbers(s.margins()));
      samples.add(x);
    }
    o.add("samples", samples);
    return text(o);
  }

  /** Returns the lower side with its witness; without a value it is null and of kind undecided. */
  private static JsonElement lower(LowerSide side) {
    JsonObject o =
        side.value()
            .map(AnalysisJson::value)
            .orElseGet(
                () -> {
                  JsonObject none = new JsonObject();
                  none.add("value", JsonNull.INSTANCE);
                  none.addProperty("kind", "undecided");
                  none.addProperty(
                      "method", "jacobian: no sample, and no point near one, is off kinks");
                  return none;
                });
    o.addProperty("samples", side.samples());
    o.addProperty("samples_moved", side.moved());
    o.addProperty("samples_left_out", side.leftOut());
    o.add("witness", side.witness().map(AnalysisJson::witness).orElse(JsonNull.INSTANCE));
    return o;
  }

  private static JsonElement witness(Analyses.Witness w) {
    JsonObject o = new JsonObject();
    o.add("sample", w.sample() < 0 ? JsonNull.INSTANCE : new JsonPrimitive(w.sample()));
    o.addProperty("draw", w.draw());
    o.add("distance", number(w.distance()));
    o.add("input", numbers(w.input()));
    return o;
  }

  private static JsonElement text(String s) {
    return new JsonPrimitive(s);
  }

  /** Returns a kind as written in files and texts. */
  static String word(Kind kind) {
    return Names.kebab(kind.name());
  }

  /** Adds the norm of a threat and, where features have factors of the radius, these. */
  static void threat(JsonObject o, Threat threat) {
    o.addProperty("norm", Names.kebab(threat.norm().name()));
    threat
        .scale()
        .ifPresent(
            s -> {
              JsonArray factors = new JsonArray();
              for (double f : s.factors().doubles()) {
                factors.add(f);
              }
              o.add("scale", factors);
            });
  }

  /** Returns both sides of a box; null in place of an infinite one. */
  static JsonElement box(Box b) {
    JsonArray sides = new JsonArray();
    sides.add(number(b.lower()));
    sides.add(number(b.upper()));
    return sides;
  }

  /** Returns a report's file with any notes on how its subject was read. */
  public static String noted(String json, List<String> notes) {
    if (notes.isEmpty()) {
      return json;
    }
    JsonObject o = JsonParser.parseString(json).getAsJsonObject();
    JsonArray lines = new JsonArray();
    notes.forEach(lines::add);
    o.add("notes", lines);
    return text(o);
  }

  private static JsonObject value(Value v) {
    JsonObject o = new JsonObject();
    o.add("value", number(v.value()));
    o.addProperty("kind", v.kind());
    o.addProperty("method", v.method());
    return o;
  }

  static void share(JsonObject o, String name, Share s) {
    o.addProperty(name, s.value());
    JsonArray interval = new JsonArray();
    interval.add(s.low());
    interval.add(s.high());
    o.add(name + "_interval", interval);
  }

  static JsonArray numbers(double[] values) {
    JsonArray all = new JsonArray();
    for (double v : values) {
      all.add(number(v));
    }
    return all;
  }

  /** Returns a number as JSON, an infinity as null because JSON has none. */
  static JsonElement number(double v) {
    return Double.isFinite(v) ? new JsonPrimitive(v) : JsonNull.INSTANCE;
  }

  /** Returns the text of a JSON file. */
  public static String text(JsonObject o) {
    return new GsonBuilder()
            .serializeNulls()
            .disableHtmlEscaping()
            .setPrettyPrinting()
            .create()
            .toJson(o)
        + "\n";
  }
}
