// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.bench;

import static org.rigor.run.bench.Results.string;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.report.Table;

/**
 * Two results of {@code rigor bench} in one table, with every tool of either. A ratio appears only
 * where sizes and precision are equal and the results agree.
 */
public final class ResultComparison {
  private ResultComparison() {}

  /** One tool's time of one thing. */
  private record Cell(String work, String precision, double ms) {}

  /**
   * Reads a result.
   *
   * @throws RunException with exit code 4 if the file is not a result of {@code rigor bench}
   */
  public static JsonObject read(Path file) throws IOException {
    try {
      JsonElement e = JsonParser.parseString(Files.readString(file));
      if (e.isJsonObject() && string(e.getAsJsonObject(), "kind").equals("rigor-bench")) {
        return e.getAsJsonObject();
      }
    } catch (JsonParseException e) {
      throw new RunException(ExitCode.DATA, file + " is not JSON");
    }
    throw new RunException(ExitCode.DATA, file + " is no result of './rigor bench'");
  }

  /** Returns the text for a terminal. */
  public static String text(JsonObject a, JsonObject b) {
    StringBuilder out = new StringBuilder();
    out.append("A = ").append(describe(a)).append("\nB = ").append(describe(b)).append("\n\n");
    Map<String, Cell> left = cells(a);
    Map<String, Cell> right = cells(b);
    Map<String, Cell> keys = new LinkedHashMap<>(left);
    right.forEach(keys::putIfAbsent);
    List<List<String>> rows = new ArrayList<>();
    for (String key : keys.keySet()) {
      Cell x = left.get(key);
      Cell y = right.get(key);
      String ratio = x == null || y == null ? "-" : ratio(a, b, key, x, y);
      rows.add(List.of(key, x == null ? "-" : show(x), y == null ? "-" : show(y), ratio));
    }
    out.append(new Table(List.of("work, M, tool", "A ms", "B ms", "A / B"), rows).text());
    return out.toString();
  }

  private static String describe(JsonObject r) {
    JsonObject m = r.getAsJsonObject("machine");
    return "%s, %s, sizes %s".formatted(string(m, "device"), string(m, "date"), sizes(r));
  }

  private static String sizes(JsonObject r) {
    return string(r.getAsJsonObject("machine"), "sizes");
  }

  private static String show(Cell c) {
    return ResultTable.show(c.ms());
  }

  private static Map<String, Cell> cells(JsonObject r) {
    Map<String, Cell> out = new LinkedHashMap<>();
    for (String list : List.of("works", "kernels")) {
      for (JsonElement e : r.getAsJsonArray(list)) {
        JsonObject w = e.getAsJsonObject();
        String work = string(w, "work");
        String name = w.has("name") ? string(w, "name") : work + ", M=" + string(w, "m");
        // Rigor's own column has one name on every device, since that is the comparison.
        put(out, name + ", rigor", work, w);
        w.getAsJsonObject("peers")
            .entrySet()
            .forEach(p -> put(out, name + ", " + p.getKey(), work, p.getValue().getAsJsonObject()));
      }
    }
    return out;
  }

  private static void put(Map<String, Cell> out, String key, String work, JsonObject time) {
    out.put(key, new Cell(work, string(time, "precision"), time.get("ms").getAsDouble()));
  }

  private static String ratio(JsonObject a, JsonObject b, String key, Cell x, Cell y) {
    if (!sizes(a).equals(sizes(b))) {
      return "sizes differ";
    }
    if (!x.precision().equals(y.precision())) {
      return "precisions differ";
    }
    if (!x.work().equals("g")) {
      String tool = key.substring(key.lastIndexOf(", ") + 2);
      double[] u = agreed(a, x.work(), tool);
      double[] v = agreed(b, x.work(), tool);
      if (u == null || v == null) {
        return "not checked";
      }
      if (!(Agreement.of(x.work(), u, v) <= 1)) {
        return "results differ";
      }
    }
    return String.format(Locale.ROOT, "%.2f", x.ms() / y.ms());
  }

  private static double[] agreed(JsonObject r, String work, String tool) {
    String wanted = tool.equals("rigor") ? string(r, "tool") : tool;
    for (JsonElement e : r.getAsJsonArray("agree")) {
      JsonObject o = e.getAsJsonObject();
      if (string(o, "work").equals(work) && string(o, "tool").equals(wanted)) {
        JsonArray values = o.getAsJsonArray("values");
        return StreamSupport.stream(values.spliterator(), false)
            .mapToDouble(JsonElement::getAsDouble)
            .toArray();
      }
    }
    return null;
  }
}
