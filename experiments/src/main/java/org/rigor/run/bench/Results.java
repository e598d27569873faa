// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.bench;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonSyntaxException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.StreamSupport;

/**
 * Records merged into one JSON object: each of our times with its floor and the peers' times, and a
 * ratio only where both computed the same in the same precision.
 */
public final class Results {
  private final List<JsonObject> records;
  private final String tool;
  private final JsonObject yardstick;

  private Results(List<JsonObject> records) {
    this.records = records;
    this.tool =
        records.stream()
            .map(r -> string(r, "tool"))
            .filter(t -> t.startsWith("rigor-"))
            .findFirst()
            .orElse("rigor");
    this.yardstick = last("yardstick");
  }

  /** Reads {@link Records#FILE} of a folder and skips a line that a crash cut off. */
  public static List<JsonObject> records(Path folder) throws IOException {
    List<JsonObject> all = new ArrayList<>();
    for (String line : Files.readAllLines(folder.resolve(Records.FILE))) {
      try {
        JsonElement e = JsonParser.parseString(line);
        if (e.isJsonObject()) {
          all.add(e.getAsJsonObject());
        }
      } catch (JsonSyntaxException e) {
        // The line is cut off.
      }
    }
    return all;
  }

  /** Returns the results as JSON: what a reader, {@code compare} and {@link ResultTable} need. */
  public static JsonObject of(List<JsonObject> records) {
    return new Results(records).json();
  }

  private JsonObject json() {
    JsonObject out = new JsonObject();
    out.addProperty("kind", "rigor-bench");
    out.addProperty("tool", tool);
    out.addProperty("tf32", false);
    out.add("machine", last("machine"));
    out.add("yardstick", yardstick);
    out.add("works", works(false));
    out.add("kernels", works(true));
    out.add("agree", agree());
    out.add("peers", array("peer"));
    out.add("states", array("state"));
    out.add("skipped", array("skip"));
    return out;
  }

  private JsonArray works(boolean kernels) {
    Map<String, Map<String, JsonObject>> times = new LinkedHashMap<>();
    for (JsonObject r : records) {
      if (string(r, "kind").equals("time") && string(r, "work").equals("g") == kernels) {
        // A later time of the same thing replaces the earlier one.
        times.computeIfAbsent(key(r), k -> new LinkedHashMap<>()).put(string(r, "tool"), r);
      }
    }
    JsonArray out = new JsonArray();
    times.values().stream()
        .filter(t -> t.containsKey(tool))
        .sorted((x, y) -> order(x.get(tool), y.get(tool), kernels))
        .forEach(t -> out.add(entry(t)));
    return out;
  }

  private static int order(JsonObject x, JsonObject y, boolean kernels) {
    if (kernels) {
      return 0; // as measured
    }
    int byWork = string(x, "work").compareTo(string(y, "work"));
    return byWork != 0 ? byWork : Integer.compare(x.get("m").getAsInt(), y.get("m").getAsInt());
  }

  private static String key(JsonObject r) {
    return string(r, "work") + " " + r.get("m") + " " + string(r, "name");
  }

  private JsonObject entry(Map<String, JsonObject> times) {
    JsonObject mine = times.get(tool);
    JsonObject out = mine.deepCopy();
    out.remove("kind");
    out.remove("tool");
    double ms = mine.get("ms").getAsDouble();
    double floor = floor(mine);
    double fastest =
        times.values().stream()
            .filter(r -> string(r, "precision").equals(string(mine, "precision")))
            .mapToDouble(r -> r.get("ms").getAsDouble())
            .min()
            .orElse(ms);
    if (floor > fastest) {
      // Nothing is faster than its floor, so this floor is wrong.
      out.addProperty(
          "noFloor",
          String.format(Locale.ROOT, "measured %.4g ms, below its floor of %.4g", fastest, floor));
    } else if (floor > 0) {
      out.addProperty("floorMs", floor);
      out.addProperty("gap", ms / floor);
    }
    share(mine, ms, out);
    JsonObject peers = new JsonObject();
    times.forEach(
        (who, r) -> {
          if (!who.equals(tool)) {
            peers.add(who, peer(who, mine, r));
          }
        });
    out.add("peers", peers);
    return out;
  }

  /**
   * Returns the time that no implementation can beat, in milliseconds; NaN without a yardstick, or
   * with one that contradicts itself.
   */
  private double floor(JsonObject time) {
    if (yardstick.has(Yardstick.REFUSED)) {
      return Double.NaN;
    }
    boolean wide = string(time, "precision").equals("f64");
    double flops = number(yardstick, wide ? Yardstick.F64 : Yardstick.F32) * 1e12;
    double bytes = number(yardstick, Yardstick.COPY) * 1e9;
    return 1e3 * Math.max(number(time, "flops") / flops, number(time, "bytes") / bytes);
  }

  private void share(JsonObject time, double ms, JsonObject out) {
    if (number(time, "TFLOP/s") > 0) {
      out.addProperty("share", number(time, "TFLOP/s") / best());
      out.addProperty("shareOf", "the best product");
    } else if (number(time, "GB/s") > 0) {
      out.addProperty("share", number(time, "GB/s") / number(yardstick, Yardstick.COPY));
      out.addProperty("shareOf", "a copy");
    }
  }

  /** Returns the rate of the fastest float product measured by any tool. */
  private double best() {
    double best = number(yardstick, Yardstick.F32);
    for (JsonObject r : records) {
      if (string(r, "kind").equals("time") && string(r, "name").startsWith("product")) {
        best = Math.max(best, number(r, "flops") / number(r, "ms") / 1e9);
      }
    }
    return best;
  }

  private JsonObject peer(String who, JsonObject mine, JsonObject theirs) {
    JsonObject out = new JsonObject();
    for (String field : List.of("firstMs", "ms", "least", "most", "repeats", "precision", "note")) {
      if (theirs.has(field)) {
        out.add(field, theirs.get(field));
      }
    }
    String reason = reason(who, mine, theirs);
    if (reason.isEmpty()) {
      out.addProperty("ratio", theirs.get("ms").getAsDouble() / mine.get("ms").getAsDouble());
    } else {
      out.addProperty("noRatio", reason);
    }
    return out;
  }

  /** Returns why no ratio is shown, or the empty string. */
  private String reason(String who, JsonObject mine, JsonObject theirs) {
    if (!string(mine, "precision").equals(string(theirs, "precision"))) {
      return "precisions differ";
    }
    String work = string(mine, "work");
    if (work.equals("g")) {
      return ""; // single operations, whose results are tested elsewhere
    }
    Double difference = difference(work, who);
    return difference == null ? "not checked" : difference <= 1 ? "" : "results differ";
  }

  private Double difference(String work, String who) {
    Map<String, double[]> values = agreed().getOrDefault(work, Map.of());
    if (!values.containsKey(tool) || !values.containsKey(who)) {
      return null;
    }
    return Agreement.of(work, values.get(tool), values.get(who));
  }

  private Map<String, Map<String, double[]>> agreed() {
    Map<String, Map<String, double[]>> out = new LinkedHashMap<>();
    for (JsonObject r : records) {
      if (string(r, "kind").equals("agree")) {
        double[] values =
            StreamSupport.stream(r.getAsJsonArray("values").spliterator(), false)
                .mapToDouble(JsonElement::getAsDouble)
                .toArray();
        out.computeIfAbsent(string(r, "work"), k -> new LinkedHashMap<>())
            .put(string(r, "tool"), values);
      }
    }
    return out;
  }

  private JsonArray agree() {
    JsonArray out = new JsonArray();
    agreed()
        .forEach(
            (work, byTool) ->
                byTool.forEach(
                    (who, values) -> {
                      JsonObject o = new JsonObject();
                      o.addProperty("work", work);
                      o.addProperty("tool", who);
                      JsonArray list = new JsonArray();
                      for (double v : values) {
                        list.add(v);
                      }
                      o.add("values", list);
                      Double d = who.equals(tool) ? null : difference(work, who);
                      if (d != null) {
                        o.addProperty("difference", d);
                      }
                      out.add(o);
                    }));
    return out;
  }

  private JsonArray array(String kind) {
    JsonArray out = new JsonArray();
    records.stream().filter(r -> string(r, "kind").equals(kind)).forEach(out::add);
    return out;
  }

  private JsonObject last(String kind) {
    return records.stream()
        .filter(r -> string(r, "kind").equals(kind))
        .reduce((x, y) -> y)
        .orElseGet(JsonObject::new);
  }

  static String string(JsonObject o, String name) {
    JsonElement e = o.get(name);
    return e == null || !e.isJsonPrimitive() ? "" : e.getAsString();
  }

  /** Returns the number of a key; NaN if there is none. */
  static double number(JsonObject o, String name) {
    JsonElement e = o.get(name);
    return e == null || !e.isJsonPrimitive() ? Double.NaN : e.getAsDouble();
  }
}
