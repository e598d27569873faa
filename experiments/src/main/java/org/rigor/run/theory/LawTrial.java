// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.rigor.io.Sha256;
import org.rigor.run.yaml.Canonical;
import org.rigor.run.yaml.KeySpec;

/**
 * One law of a study, to be measured once.
 *
 * @param id hash of everything that may change the findings; names the result's file
 * @param label the law's id, with the options in which it differs from others of that id
 * @param law what is measured
 * @param seed all draws derive from
 */
public record LawTrial(String id, String label, Law law, long seed) {

  /**
   * Returns the laws of a study, in order; identical laws are measured once.
   *
   * @param deviceKind {@code cpu}, {@code cuda} or {@code emulated}
   * @param numerics version of the numerics, raised by hand whenever results may change
   */
  public static List<LawTrial> of(TheoryStudy study, String deviceKind, int numerics) {
    List<LawTrial> out = new ArrayList<>();
    for (Law law : study.laws()) {
      String id = hash(law, study.seed(), deviceKind, numerics);
      if (out.stream().noneMatch(t -> t.id().equals(id))) {
        out.add(new LawTrial(id, label(law, study.laws()), law, study.seed()));
      }
    }
    return out;
  }

  /** Returns the options as a study writes them, {@code type} included. */
  public JsonObject options() {
    return options(law);
  }

  /** Returns the value of {@code type:} that selects the law. */
  public String type() {
    return KeySpec.typeOf(law);
  }

  private static JsonObject options(Law law) {
    return Canonical.identity(law).getAsJsonObject();
  }

  private static String hash(Law law, long seed, String deviceKind, int numerics) {
    JsonObject all = new JsonObject();
    all.add("law", options(law));
    all.addProperty("seed", seed);
    all.addProperty("device-kind", deviceKind);
    all.addProperty("numerics", numerics);
    return Sha256.of(all.toString().getBytes(StandardCharsets.UTF_8)).substring(0, 20);
  }

  private static String label(Law law, List<Law> all) {
    List<JsonObject> others =
        all.stream().filter(l -> l.id().equals(law.id())).map(LawTrial::options).toList();
    JsonObject own = options(law);
    TreeSet<String> differ = new TreeSet<>();
    for (JsonObject other : others) {
      TreeSet<String> keys = new TreeSet<>(own.keySet());
      keys.addAll(other.keySet());
      keys.removeIf(k -> String.valueOf(own.get(k)).equals(String.valueOf(other.get(k))));
      differ.addAll(keys);
    }
    List<String> parts = new ArrayList<>();
    for (String key : differ) {
      JsonElement v = own.get(key);
      parts.add(
          key + "=" + (v == null ? "-" : v.isJsonPrimitive() ? v.getAsString() : v.toString()));
    }
    return parts.isEmpty() ? law.id() : law.id() + " " + String.join(",", parts);
  }
}
