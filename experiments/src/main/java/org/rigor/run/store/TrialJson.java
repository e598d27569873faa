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
import org.rigor.diff.Kind;
import org.rigor.io.Sha256;
import org.rigor.run.trial.Curve;
import org.rigor.run.trial.Example;
import org.rigor.run.trial.HistoryJson;
import org.rigor.run.trial.Outcome;
import org.rigor.run.trial.Scalar;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialResult;
import org.rigor.run.yaml.Canonical;
import org.rigor.run.yaml.Names;

/** The file of a trial: what it was, what it gave, and a checksum over both. */
final class TrialJson {
  private TrialJson() {}

  static String write(Trial trial, TrialResult r) {
    JsonObject o = new JsonObject();
    o.addProperty("id", r.id());
    o.addProperty("model-id", trial.modelId());
    o.addProperty("arm", trial.arm().label());
    o.addProperty("method", trial.arm().method());
    o.addProperty("seed", trial.spec().seed());
    o.addProperty("outcome", Names.kebab(r.outcome().name()));
    o.addProperty("message", r.message());
    o.addProperty("seconds", r.seconds());
    JsonObject scalars = new JsonObject();
    r.scalars()
        .forEach(
            (name, s) -> {
              JsonObject v = new JsonObject();
              v.add("value", number(s.value()));
              v.addProperty("kind", Names.kebab(s.kind().name()));
              v.addProperty("method", s.method());
              scalars.add(name, v);
            });
    o.add("scalars", scalars);
    JsonArray correct = new JsonArray();
    for (boolean c : r.correct()) {
      correct.add(c ? 1 : 0);
    }
    o.add("correct", correct);
    JsonArray curves = new JsonArray();
    r.curves().forEach(c -> curves.add(curve(c)));
    o.add("curves", curves);
    JsonArray examples = new JsonArray();
    r.examples().forEach(e -> examples.add(example(e)));
    o.add("examples", examples);
    if (!r.histories().isEmpty()) {
      o.add("histories", HistoryJson.write(r.histories()));
    }
    o.add("config", Canonical.of(trial.spec()));
    o.addProperty("checksum", checksum(o));
    return o + "\n";
  }

  /**
   * Reads a result.
   *
   * @throws JsonParseException if the text is torn or was changed
   */
  static TrialResult read(String text) {
    try {
      JsonObject o = JsonParser.parseString(text).getAsJsonObject();
      JsonElement sum = o.remove("checksum");
      if (sum == null || !sum.getAsString().equals(checksum(o))) {
        throw new JsonParseException("its checksum does not match");
      }
      Map<String, Scalar> scalars = new LinkedHashMap<>();
      for (Map.Entry<String, JsonElement> e : o.getAsJsonObject("scalars").entrySet()) {
        JsonObject v = e.getValue().getAsJsonObject();
        Kind kind = constant(Kind.class, v.get("kind").getAsString());
        scalars.put(
            e.getKey(), new Scalar(number(v.get("value")), kind, v.get("method").getAsString()));
      }
      JsonArray c = o.getAsJsonArray("correct");
      boolean[] correct = new boolean[c.size()];
      for (int i = 0; i < correct.length; i++) {
        correct[i] = c.get(i).getAsInt() == 1;
      }
      List<Curve> curves = new ArrayList<>();
      o.getAsJsonArray("curves").forEach(e -> curves.add(curve(e.getAsJsonObject())));
      List<Example> examples = new ArrayList<>();
      o.getAsJsonArray("examples").forEach(e -> examples.add(example(e.getAsJsonObject())));
      return new TrialResult(
          o.get("id").getAsString(),
          constant(Outcome.class, o.get("outcome").getAsString()),
          o.get("message").getAsString(),
          o.get("seconds").getAsDouble(),
          scalars,
          correct,
          curves,
          examples,
          o.has("histories") ? HistoryJson.read(o.getAsJsonObject("histories")) : Map.of());
    } catch (IllegalStateException
        | ClassCastException
        | NullPointerException
        | IllegalArgumentException e) {
      throw new JsonParseException("it is not a trial", e);
    }
  }

  private static String checksum(JsonObject o) {
    return Sha256.of(o.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static JsonObject curve(Curve c) {
    JsonObject o = new JsonObject();
    o.addProperty("side", Names.kebab(c.side().name()));
    o.addProperty("method", c.method());
    o.addProperty("kind", Names.kebab(c.kind().name()));
    JsonArray epsilons = new JsonArray();
    JsonArray accuracy = new JsonArray();
    for (int i = 0; i < c.epsilons().length; i++) {
      epsilons.add(c.epsilons()[i]);
      accuracy.add(c.accuracy(i));
    }
    o.add("epsilons", epsilons);
    o.add("accuracy", accuracy);
    JsonArray survived = new JsonArray();
    for (int s : c.survived()) {
      survived.add(s);
    }
    o.add("survived", survived);
    return o;
  }

  private static Curve curve(JsonObject o) {
    JsonArray e = o.getAsJsonArray("epsilons");
    double[] epsilons = new double[e.size()];
    for (int i = 0; i < epsilons.length; i++) {
      epsilons[i] = e.get(i).getAsDouble();
    }
    JsonArray s = o.getAsJsonArray("survived");
    int[] survived = new int[s.size()];
    for (int i = 0; i < survived.length; i++) {
      survived[i] = s.get(i).getAsInt();
    }
    return new Curve(
        constant(Curve.Side.class, o.get("side").getAsString()),
        o.get("method").getAsString(),
        constant(Kind.class, o.get("kind").getAsString()),
        epsilons,
        survived);
  }

  private static JsonObject example(Example x) {
    JsonObject o = new JsonObject();
    o.addProperty("index", x.index());
    o.addProperty("label", x.label());
    o.addProperty("predicted", x.predicted());
    o.addProperty("epsilon", x.epsilon());
    o.addProperty("height", x.height());
    o.addProperty("width", x.width());
    o.addProperty("channels", x.channels());
    o.add("clean", floats(x.clean()));
    o.add("adversarial", floats(x.adversarial()));
    return o;
  }

  private static Example example(JsonObject o) {
    return new Example(
        o.get("index").getAsInt(),
        o.get("label").getAsInt(),
        o.get("predicted").getAsInt(),
        o.get("epsilon").getAsDouble(),
        o.get("height").getAsInt(),
        o.get("width").getAsInt(),
        o.get("channels").getAsInt(),
        floats(o.getAsJsonArray("clean")),
        floats(o.getAsJsonArray("adversarial")));
  }

  private static JsonArray floats(float[] values) {
    JsonArray out = new JsonArray();
    for (float v : values) {
      out.add(v);
    }
    return out;
  }

  private static float[] floats(JsonArray array) {
    float[] out = new float[array.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = array.get(i).getAsFloat();
    }
    return out;
  }

  /** JSON has no infinities: they are written as text. */
  private static JsonPrimitive number(double v) {
    return Double.isInfinite(v) ? new JsonPrimitive(v > 0 ? "inf" : "-inf") : new JsonPrimitive(v);
  }

  private static double number(JsonElement e) {
    return switch (e.getAsString()) {
      case "inf" -> Double.POSITIVE_INFINITY;
      case "-inf" -> Double.NEGATIVE_INFINITY;
      default -> e.getAsDouble();
    };
  }

  private static <E extends Enum<E>> E constant(Class<E> type, String kebab) {
    return Enum.valueOf(type, kebab.replace('-', '_').toUpperCase(java.util.Locale.ROOT));
  }
}
