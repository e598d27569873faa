// SPDX-License-Identifier: Apache-2.0
package org.rigor.bench.gpu;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The findings of the acceptance, one JSON object a line, written as they come: a crash of the
 * process loses nothing that was found before it. The peers append to the same file.
 */
final class Records {
  private static final Gson JSON =
      new GsonBuilder().serializeSpecialFloatingPointValues().disableHtmlEscaping().create();

  private final Path file;
  private final String tool;

  /**
   * @param tool who measures, such as {@code rigor-cuda}
   */
  Records(Path file, String tool) {
    this.file = file;
    this.tool = tool;
  }

  /**
   * @param kind {@code step}, {@code time} or {@code agree}
   */
  void add(String kind, Map<String, ?> values) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("kind", kind);
    line.put("tool", tool);
    line.putAll(values);
    String text = JSON.toJson(line);
    System.out.println(text.length() > 300 ? text.substring(0, 300) + "..." : text);
    try {
      Files.writeString(file, text + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Numbers that a peer must reproduce before any ratio to it is shown. */
  void agree(String work, double... values) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("work", work);
    line.put("values", values);
    add("agree", line);
  }

  /**
   * One timing.
   *
   * @param m number of models, or 0 where the work has none
   * @param floor least work of one run
   * @param extra whatever else a reader of the number needs
   */
  void time(String work, int m, Stopwatch.Times times, Floor floor, Map<String, ?> extra) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("work", work);
    line.put("m", m);
    line.put("ms", times.median());
    line.put("least", times.least());
    line.put("most", times.most());
    line.put("repeats", times.repeats());
    line.put("flops", floor.flops());
    line.put("bytes", floor.bytes());
    line.putAll(extra);
    add("time", line);
  }

  /**
   * What no implementation can avoid.
   *
   * @param flops multiplications and additions of the matrix products
   * @param bytes of device memory, with everything between first read and last write on the chip
   */
  record Floor(double flops, double bytes) {}
}
