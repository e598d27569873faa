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
import org.rigor.run.store.ProvenanceFile;

/** The differences in what two runs were made from. */
final class Configurations {
  private Configurations() {}

  /**
   * Returns a row for each key of the study and of its provenance that differs.
   *
   * @param a study with every default filled in
   */
  static Table differences(JsonObject a, ProvenanceFile fromA, JsonObject b, ProvenanceFile fromB) {
    Map<String, String> x = flat(a);
    Map<String, String> y = flat(b);
    x.putAll(fromA.circumstances());
    y.putAll(fromB.circumstances());
    return differences(x, y, "A", "B");
  }

  /** Returns a row for each circumstance that differs: the one list of them. */
  static Table circumstances(ProvenanceFile before, ProvenanceFile again) {
    return differences(before.circumstances(), again.circumstances(), "before", "again");
  }

  private static Table differences(
      Map<String, String> x, Map<String, String> y, String left, String right) {
    TreeSet<String> keys = new TreeSet<>(x.keySet());
    keys.addAll(y.keySet());
    List<List<String>> rows = new ArrayList<>();
    for (String key : keys) {
      String one = x.getOrDefault(key, "-");
      String other = y.getOrDefault(key, "-");
      if (!one.equals(other)) {
        rows.add(List.of(key, one, other));
      }
    }
    if (rows.isEmpty()) {
      rows.add(List.of("nothing", "", ""));
    }
    return new Table(List.of("differs in", left, right), rows);
  }

  private static Map<String, String> flat(JsonObject study) {
    Map<String, String> out = new TreeMap<>();
    flatten("", study, out);
    out.keySet().removeIf(k -> k.startsWith("smoke."));
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
