// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.bench;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.rigor.exec.Traffic;

/**
 * The measurements, one JSON object per line. Each is written at once, so a crash loses nothing
 * found before it. The peers append to the same file.
 */
public final class Records {
  /** Field of a time with what one run asked of the device, a {@link Traffic}. */
  static final String TRAFFIC = "traffic";

  /** Name of the file in the folder of a session. */
  public static final String FILE = "records.jsonl";

  private static final Gson JSON =
      new GsonBuilder().serializeSpecialFloatingPointValues().disableHtmlEscaping().create();

  private final Path file;
  private final String tool;
  private final PrintStream progress;

  /**
   * @param tool the measuring tool, such as {@code rigor-cuda}
   * @param progress receives a line for each time measured
   */
  public Records(Path file, String tool, PrintStream progress) {
    this.file = file;
    this.tool = tool;
    this.progress = progress;
  }

  /**
   * Adds a line.
   *
   * @param kind {@code step}, {@code machine}, {@code yardstick}, {@code time}, {@code agree},
   *     {@code state} or {@code skip}
   */
  public void add(String kind, Map<String, ?> values) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("kind", kind);
    line.put("tool", tool);
    line.putAll(values);
    try {
      Files.writeString(
          file, JSON.toJson(line) + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Adds numbers that a peer must reproduce before any ratio to it is shown. */
  void agree(String work, double... values) {
    add("agree", Map.of("work", work, "values", values));
  }

  /** Adds a measurement that was skipped, and why. */
  void skip(String work, String reason) {
    progress.println("  " + work + ": not measured: " + reason.lines().findFirst().orElse(""));
    add("skip", Map.of("work", work, "m", 0, "reason", reason));
  }

  /** Adds one timing. */
  void time(Timed what, Stopwatch.Times times, Map<String, ?> extra) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("work", what.work());
    line.put("m", what.m());
    line.put("title", what.title());
    line.put("precision", what.precision());
    line.put("firstMs", times.first());
    line.put("ms", times.median());
    line.put("least", times.least());
    line.put("most", times.most());
    line.put("repeats", times.repeats());
    line.put("flops", what.floor().flops());
    line.put("bytes", what.floor().bytes());
    times.traffic().ifPresent(t -> line.put(TRAFFIC, t));
    line.putAll(extra);
    add("time", line);
    String m = what.m() > 0 ? " M=" + what.m() : "";
    progress.printf(
        Locale.ROOT,
        "  %s%s, %s: %.4g ms, %d times%n",
        what.work(),
        m,
        what.title(),
        times.median(),
        times.repeats());
  }

  /**
   * The subject of a timing.
   *
   * @param work letter, and a digit if the work has parts
   * @param m number of models, or 0 for works without models
   * @param precision type of the arithmetic, {@code f32} or {@code f64}
   * @param floor least work of one run
   */
  record Timed(String work, int m, String title, String precision, Floor floor) {}

  /**
   * The least work of any implementation.
   *
   * @param flops multiplications and additions of the products
   * @param bytes of device memory, if everything between first read and last write stays on the
   *     chip
   */
  record Floor(double flops, double bytes) {}
}
