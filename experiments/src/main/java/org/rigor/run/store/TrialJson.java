// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.rigor.io.Sha256;
import org.rigor.run.trial.Curve;
import org.rigor.run.trial.Example;
import org.rigor.run.trial.HistoryJson;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialResult;
import org.rigor.run.yaml.Canonical;
import org.rigor.run.yaml.Names;

/** The file of a trial: the trial, its result, and a checksum over both. */
final class TrialJson {
  private static final Pattern CHECKSUM =
      Pattern.compile(",\"checksum\":\"([0-9a-f]{64})\"\\}\\s*$");

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
              v.add("value", s.decided() ? number(s.value()) : JsonNull.INSTANCE);
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
    if (!r.histories().isEmpty()) {
      o.add("histories", HistoryJson.write(r.histories()));
    }
    o.add("config", Canonical.of(trial.spec()));
    JsonArray examples = new JsonArray(); // last: most readers stop before them
    r.examples().forEach(e -> examples.add(example(e)));
    o.add("examples", examples);
    o.addProperty("checksum", checksum(o));
    return o + "\n";
  }

  /**
   * Reads a result.
   *
   * @param file its name in messages
   * @throws DamagedException if the text is torn, was changed or contradicts itself
   */
  static TrialResult read(String file, byte[] bytes) {
    String text = Fields.text(file, bytes);
    TrialResult r = TrialReader.read(file, bytes);
    Matcher m = CHECKSUM.matcher(text);
    if (!m.find()) {
      throw new DamagedException(file, "its last key must be its checksum");
    }
    String rest = text.substring(0, m.start()) + "}";
    if (!m.group(1).equals(Sha256.of(rest.getBytes(StandardCharsets.UTF_8)))) {
      throw new DamagedException(file, "its checksum does not match");
    }
    return r;
  }

  /**
   * Reads a result whose bytes the manifest confirms, so that its own checksum is not checked and
   * its examples can wait.
   *
   * @param again returns the same bytes once more
   */
  static TrialResult read(String file, byte[] bytes, Supplier<byte[]> again) {
    return TrialReader.read(file, bytes, again);
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

  private static JsonArray floats(float[] values) {
    JsonArray out = new JsonArray();
    for (float v : values) {
      out.add(v);
    }
    return out;
  }

  /** Returns a number as JSON, an infinity as text because JSON has none. */
  private static JsonPrimitive number(double v) {
    return Double.isInfinite(v) ? new JsonPrimitive(v > 0 ? "inf" : "-inf") : new JsonPrimitive(v);
  }
}
