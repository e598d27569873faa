// SPDX-License-Identifier: Apache-2.0
package org.rigor.bench;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/** The results of one comparison as a Markdown page and as JSON, with the machine's state. */
final class Report {
  private final String name;
  private final JsonObject json = new JsonObject();
  private final JsonArray notes = new JsonArray();
  private final JsonArray tables = new JsonArray();
  private final StringBuilder page = new StringBuilder();

  Report(String name, String title) {
    this.name = name;
    page.append("# ").append(title).append("\n\n");
    note("date: " + Instant.now());
    note(
        "machine: %s, %d processors, JDK %s"
            .formatted(processor(), Runtime.getRuntime().availableProcessors(), Runtime.version()));
    note("load average at start: " + load());
    // The main class and its arguments; bench/run.sh runs all of them.
    note("command: " + System.getProperty("sun.java.command", "unknown"));
  }

  void note(String line) {
    notes.add(line);
    page.append("- ").append(line).append('\n');
    System.out.println(line);
  }

  /**
   * Adds GFLOP/s and the share of the peak; the last column is the first row's speed relative to
   * the row's.
   */
  void table(String title, double flops, double peak, Interleaved times) {
    StringBuilder text = new StringBuilder("\n## " + title + "\n\n");
    text.append("load average: ").append(load()).append("\n\n");
    text.append(
        "| contender | best GFLOP/s | median GFLOP/s | best, of one thread's peak"
            + " | first row is faster by |\n|---|---|---|---|---|\n");
    JsonObject table = start(title);
    JsonArray rows = new JsonArray();
    List<String> names = times.names();
    for (int i = 0; i < names.size(); i++) {
      double best = flops / times.best(i) * 1e-9;
      double median = flops / times.median(i) * 1e-9;
      double ratio = times.speedup(0, i);
      text.append(
          String.format(
              Locale.ROOT,
              "| %s | %.1f | %.1f | %.0f%% | %.2f |%n",
              names.get(i),
              best,
              median,
              100 * best / peak,
              ratio));
      JsonObject row = row(names.get(i), times, i);
      row.addProperty("best_gflops", best);
      row.addProperty("median_gflops", median);
      row.addProperty("best_of_peak", best / peak);
      rows.add(row);
    }
    finish(table, rows, text);
  }

  /** Adds the milliseconds of each piece of work. */
  void times(String title, Interleaved times) {
    StringBuilder text = new StringBuilder("\n## " + title + "\n\n");
    text.append("load average: ").append(load()).append("\n\n");
    text.append(
        "| contender | best ms | median ms | first row is faster by |\n|---|---|---|---|\n");
    JsonObject table = start(title);
    JsonArray rows = new JsonArray();
    List<String> names = times.names();
    for (int i = 0; i < names.size(); i++) {
      text.append(
          String.format(
              Locale.ROOT,
              "| %s | %.3f | %.3f | %.2f |%n",
              names.get(i),
              1e3 * times.best(i),
              1e3 * times.median(i),
              times.speedup(0, i)));
      rows.add(row(names.get(i), times, i));
    }
    finish(table, rows, text);
  }

  /** Writes {@code name.md} and {@code name.json} into a folder and creates it if needed. */
  void write(Path folder) throws IOException {
    Files.createDirectories(folder);
    json.add("notes", notes);
    json.add("tables", tables);
    Files.writeString(folder.resolve(name + ".md"), page);
    Files.writeString(
        folder.resolve(name + ".json"),
        new GsonBuilder().setPrettyPrinting().create().toJson(json) + "\n");
  }

  private static JsonObject start(String title) {
    JsonObject table = new JsonObject();
    table.addProperty("title", title);
    table.addProperty("load", load());
    return table;
  }

  private static JsonObject row(String name, Interleaved times, int i) {
    JsonObject row = new JsonObject();
    row.addProperty("contender", name);
    row.addProperty("best_seconds", times.best(i));
    row.addProperty("median_seconds", times.median(i));
    row.addProperty("first_row_faster_by", times.speedup(0, i));
    return row;
  }

  private void finish(JsonObject table, JsonArray rows, StringBuilder text) {
    table.add("rows", rows);
    tables.add(table);
    page.append(text);
    System.out.print(text);
  }

  private static String load() {
    return String.format(
        Locale.ROOT,
        "%.2f",
        java.lang.management.ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
  }

  private static String processor() {
    try {
      return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(System.getProperty("os.arch"));
    } catch (IOException e) {
      return System.getProperty("os.arch");
    }
  }
}
