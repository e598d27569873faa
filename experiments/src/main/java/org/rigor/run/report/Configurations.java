// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** Where two runs differ in what they were made of. */
final class Configurations {
  private Configurations() {}

  /**
   * Returns a row for each key that differs.
   *
   * @param a study with every default, and provenance
   */
  static Table differences(JsonObject a, JsonObject fromA, JsonObject b, JsonObject fromB) {
    Map<String, String> x = flat(a, fromA);
    Map<String, String> y = flat(b, fromB);
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

  private static Map<String, String> flat(JsonObject study, JsonObject provenance) {
    Map<String, String> out = new TreeMap<>();
    flatten("", study, out);
    out.keySet().removeIf(k -> k.startsWith("smoke."));
    for (String key : List.of("device-kind", "numerics", "rigor")) {
      out.put(key, provenance.get(key).getAsString());
    }
    return out;
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
}
