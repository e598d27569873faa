// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.bench;

import static org.rigor.run.bench.Results.number;
import static org.rigor.run.bench.Results.string;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Results as Markdown. */
public final class ResultTable {
  private ResultTable() {}

  /** Returns the page without its title. */
  public static String markdown(JsonObject results) {
    StringBuilder out = new StringBuilder();
    JsonObject machine = results.getAsJsonObject("machine");
    for (Map.Entry<String, JsonElement> e : machine.entrySet()) {
      if (e.getValue().isJsonPrimitive() && !List.of("kind", "tool").contains(e.getKey())) {
        out.append("- ").append(e.getKey()).append(": ").append(e.getValue().getAsString());
        out.append('\n');
      }
    }
    JsonObject y = results.getAsJsonObject("yardstick");
    if (y.has(Yardstick.COPY)) {
      out.append("- measured here: copy ").append(unit(y, Yardstick.COPY, "GB/s"));
      out.append(", product ").append(unit(y, Yardstick.F32, "TFLOP/s f32"));
      out.append(", ").append(unit(y, Yardstick.F64, "TFLOP/s f64")).append('\n');
    }
    if (y.has(Yardstick.REFUSED)) {
      out.append("- NO FLOORS: the yardstick contradicts itself: ");
      out.append(string(y, Yardstick.REFUSED)).append('\n');
    }
    for (JsonElement e : results.getAsJsonArray("works")) {
      JsonObject w = e.getAsJsonObject();
      if (w.has("noFloor")) {
        out.append(
            "- FLOOR REFUSED, %s M=%s: %s ms; measure again on a quiet machine%n"
                .formatted(string(w, "work"), string(w, "m"), string(w, "noFloor")));
      }
    }
    losses(results).forEach(out::append);
    fewer(results).forEach(out::append);
    out.append("- TF32 is off in every tool\n");
    if (string(machine, "sizes").equals("reduced")) {
      out.append("- reduced sizes: times include compilation and say little about speed\n");
    }
    throttled(results, out);
    works(results, out);
    traffic(results, out);
    kernels(results, out);
    agreement(results, out);
    skipped(results).forEach(out::append);
    return out.toString();
  }

  /** Returns what was not measured, each reason once. */
  private static Set<String> skipped(JsonObject results) {
    Set<String> lines = new LinkedHashSet<>();
    for (JsonElement e : results.getAsJsonArray("skipped")) {
      JsonObject s = e.getAsJsonObject();
      String reason = string(s, "reason").lines().findFirst().orElse("");
      String m = number(s, "m") > 0 ? " M=" + s.get("m").getAsInt() : "";
      lines.add(
          "- not measured: %s%s: %s%n"
              .formatted(
                  (string(s, "tool") + " " + string(s, "work")).strip(),
                  m,
                  reason.substring(0, Math.min(200, reason.length()))));
    }
    return lines;
  }

  private static void throttled(JsonObject results, StringBuilder out) {
    for (JsonElement e : results.getAsJsonArray("states")) {
      JsonObject s = e.getAsJsonObject();
      if (s.has("throttled")) {
        out.append(
            "- THROTTLED during work %s: %s%n".formatted(string(s, "work"), s.get("throttled")));
      }
    }
  }

  private static void works(JsonObject results, StringBuilder out) {
    List<List<String>> rows = new ArrayList<>();
    for (JsonElement e : results.getAsJsonArray("works")) {
      JsonObject w = e.getAsJsonObject();
      rows.add(
          List.of(
              string(w, "work") + " " + string(w, "title"),
              string(w, "precision"),
              string(w, "m"),
              show(number(w, "ms")),
              spread(w),
              show(number(w, "firstMs")),
              show(number(w, "floorMs")),
              w.has("noFloor") ? "refused" : show(number(w, "gap")),
              peers(w.getAsJsonObject("peers"))));
    }
    List<String> head =
        List.of(
            "work",
            "type",
            "M",
            "Rigor ms",
            "least to most, times",
            "first call ms",
            "floor ms",
            "gap",
            "peers: ms (times Rigor's)");
    table(head, rows, out);
  }

  /** Adds what each work asked of the device; nothing where host and device are one. */
  private static void traffic(JsonObject results, StringBuilder out) {
    List<List<String>> rows = new ArrayList<>();
    for (JsonObject w : timed(results)) {
      if (w.has(Records.TRAFFIC)) {
        JsonObject t = w.getAsJsonObject(Records.TRAFFIC);
        rows.add(
            List.of(
                (string(w, "work") + " " + string(w, "name")).strip(),
                string(w, "m"),
                string(t, "launches"),
                "%s (%s)".formatted(string(t, "replays"), string(t, "nodes")),
                copies(t, "toDevice"),
                copies(t, "toHost"),
                copies(t, "within"),
                string(t, "waits"),
                string(t, "drains")));
      }
    }
    List<String> head =
        List.of(
            "one call of work",
            "M",
            "launches",
            "graphs (nodes)",
            "copies, bytes to device",
            "to host",
            "on the device",
            "waits of the host",
            "that leave the device idle");
    table(head, rows, out);
  }

  private static String copies(JsonObject traffic, String direction) {
    JsonObject c = traffic.getAsJsonObject(direction);
    long bytes = c.get("bytes").getAsLong();
    return String.format(Locale.ROOT, "%s, %,d", string(c, "count"), bytes);
  }

  /** Returns the milliseconds of each peer and their ratio to Rigor's. */
  private static String peers(JsonObject peers) {
    List<String> cells = new ArrayList<>();
    for (Map.Entry<String, JsonElement> e : peers.entrySet()) {
      JsonObject p = e.getValue().getAsJsonObject();
      String ratio =
          p.has("ratio")
              ? String.format(Locale.ROOT, "%.2f", number(p, "ratio"))
              : string(p, "noRatio");
      String cell = "%s %s (%s) %s".formatted(e.getKey(), show(number(p, "ms")), ratio, spread(p));
      String first = p.has("firstMs") ? ", first " + show(number(p, "firstMs")) : "";
      cells.add((cell + first).strip());
    }
    return String.join("<br>", cells);
  }

  /** Returns least and most milliseconds and the number of times; empty for old results. */
  private static String spread(JsonObject time) {
    return time.has("repeats")
        ? "%s to %s, %s"
            .formatted(
                show(number(time, "least")), show(number(time, "most")), string(time, "repeats"))
        : "";
  }

  /** Returns a line for each peer that was faster, whether or not a ratio stands. */
  private static List<String> losses(JsonObject results) {
    List<String> lines = new ArrayList<>();
    for (JsonObject w : timed(results)) {
      double ms = number(w, "ms");
      for (Map.Entry<String, JsonElement> e : w.getAsJsonObject("peers").entrySet()) {
        JsonObject p = e.getValue().getAsJsonObject();
        if (number(p, "ms") < ms) {
          String why = p.has("noRatio") ? "; " + string(p, "noRatio") : "";
          lines.add(
              "- SLOWER than %s, %s: %s ms against %s%s%n"
                  .formatted(e.getKey(), subject(w), show(ms), show(number(p, "ms")), why));
        }
      }
    }
    return lines;
  }

  /** Returns a line for each time that too few runs stand behind. */
  private static List<String> fewer(JsonObject results) {
    List<String> lines = new ArrayList<>();
    for (JsonObject w : timed(results)) {
      List<String> tools = new ArrayList<>();
      if (number(w, "repeats") < Stopwatch.ENOUGH) {
        tools.add("Rigor " + string(w, "repeats"));
      }
      w.getAsJsonObject("peers")
          .entrySet()
          .forEach(
              e -> {
                JsonObject p = e.getValue().getAsJsonObject();
                if (number(p, "repeats") < Stopwatch.ENOUGH) {
                  tools.add(e.getKey() + " " + string(p, "repeats"));
                }
              });
      if (!tools.isEmpty()) {
        lines.add(
            "- FEWER than %d times, %s: %s%n"
                .formatted(Stopwatch.ENOUGH, subject(w), String.join(", ", tools)));
      }
    }
    return lines;
  }

  private static List<JsonObject> timed(JsonObject results) {
    List<JsonObject> all = new ArrayList<>();
    results.getAsJsonArray("works").forEach(e -> all.add(e.getAsJsonObject()));
    results.getAsJsonArray("kernels").forEach(e -> all.add(e.getAsJsonObject()));
    return all;
  }

  private static String subject(JsonObject time) {
    return time.has("name")
        ? string(time, "name")
        : "%s M=%s".formatted(string(time, "work"), string(time, "m"));
  }

  private static void kernels(JsonObject results, StringBuilder out) {
    List<List<String>> rows = new ArrayList<>();
    for (JsonElement e : results.getAsJsonArray("kernels")) {
      JsonObject k = e.getAsJsonObject();
      double speed = k.has("TFLOP/s") ? number(k, "TFLOP/s") : number(k, "GB/s");
      String unit = k.has("TFLOP/s") ? " TFLOP/s" : " GB/s";
      String share =
          k.has("share")
              ? Math.round(100 * number(k, "share")) + " % of " + string(k, "shareOf")
              : "";
      List<String> peers = new ArrayList<>();
      for (Map.Entry<String, JsonElement> p : k.getAsJsonObject("peers").entrySet()) {
        double us = 1e3 * number(p.getValue().getAsJsonObject(), "ms");
        peers.add(p.getKey() + " " + show(us));
      }
      rows.add(
          List.of(
              string(k, "name"),
              show(1e3 * number(k, "ms")),
              string(k, "clock"),
              Double.isNaN(speed) ? "" : show(speed) + unit,
              share,
              String.join("<br>", peers)));
    }
    table(List.of("kernel", "Rigor us", "by", "speed", "share", "peers us"), rows, out);
  }

  private static void agreement(JsonObject results, StringBuilder out) {
    List<List<String>> rows = new ArrayList<>();
    for (JsonElement e : results.getAsJsonArray("agree")) {
      JsonObject a = e.getAsJsonObject();
      if (a.has("difference")) {
        rows.add(
            List.of(
                string(a, "work"),
                string(a, "tool"),
                show(number(a, "difference")),
                values(results, string(a, "work"), string(results, "tool")),
                values(results, string(a, "work"), string(a, "tool"))));
      }
    }
    List<String> head =
        List.of(
            "work", "peer", "difference of results, 1 = the tolerance", "Rigor's", "the peer's");
    table(head, rows, out);
  }

  /** Returns the last values of a tool that another must reproduce, at most three. */
  private static String values(JsonObject results, String work, String tool) {
    List<String> found = new ArrayList<>();
    for (JsonElement e : results.getAsJsonArray("agree")) {
      JsonObject a = e.getAsJsonObject();
      if (string(a, "work").equals(work) && string(a, "tool").equals(tool)) {
        a.getAsJsonArray("values").forEach(v -> found.add(show(v.getAsDouble())));
      }
    }
    return String.join(", ", found.subList(Math.max(0, found.size() - 3), found.size()));
  }

  private static void table(List<String> head, List<List<String>> rows, StringBuilder out) {
    if (rows.isEmpty()) {
      return;
    }
    out.append("\n| ").append(String.join(" | ", head)).append(" |\n|");
    out.append(String.join("|", Collections.nCopies(head.size(), "---"))).append("|\n");
    for (List<String> row : rows) {
      out.append("| ").append(String.join(" | ", row)).append(" |\n");
    }
    out.append('\n');
  }

  private static String unit(JsonObject o, String name, String unit) {
    double cores = number(o, name + Yardstick.CORES);
    String by = Double.isNaN(cores) ? "" : String.format(Locale.ROOT, " by %.1f cores", cores);
    return show(number(o, name)) + " " + unit + by;
  }

  /** Returns four significant digits; empty if there is no number. */
  static String show(double v) {
    return Double.isNaN(v) || Double.isInfinite(v)
        ? ""
        : new BigDecimal(v).round(new MathContext(4)).stripTrailingZeros().toPlainString();
  }
}
