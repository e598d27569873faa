// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.rigor.io.AtomicFile;

/**
 * {@code metrics.jsonl}: a line for each epoch of each trial, appended as they come. Work that is
 * repeated after a kill drops its old lines first, so that no line appears twice.
 */
final class Metrics {
  static final String FILE = "metrics.jsonl";

  /** A line without its end. */
  private record Line(byte[] bytes, int from, int to) {
    /** Returns why it is not a metric; empty if it is. */
    Optional<String> why() {
      try {
        metric();
        return Optional.empty();
      } catch (IllegalArgumentException e) {
        return Optional.of(e.getMessage());
      }
    }

    Metric metric() {
      return Metric.read(new StrictJson(bytes, from, to));
    }

    void write(OutputStream out) throws IOException {
      out.write(bytes, from, to - from);
      out.write('\n');
    }
  }

  private final Path file;

  /** Trials with lines of earlier runs; null until the file has been read. */
  private Set<String> former;

  Metrics(Path file) {
    this.file = file;
  }

  /** Appends whole lines. */
  synchronized void append(byte[] lines) throws IOException {
    Files.write(
        file,
        lines,
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND,
        LinkOption.NOFOLLOW_LINKS);
  }

  /**
   * Drops a torn last line, so that the next one starts on its own line, and lines that are not
   * metrics.
   *
   * @return messages for the user about what was dropped
   */
  synchronized List<String> mend() throws IOException {
    List<String> said = new ArrayList<>();
    boolean torn = torn();
    List<Line> lines = lines();
    for (int i = 0; i < lines.size(); i++) {
      Optional<String> why = lines.get(i).why();
      if (why.isPresent()) {
        said.add(
            torn && i == lines.size() - 1
                ? FILE + ": the last line is torn and is dropped"
                : damage(i, why.get()).text() + "; it is dropped");
      }
    }
    if (torn || !said.isEmpty()) {
      keep(line -> line.why().isEmpty());
    }
    return said;
  }

  private boolean torn() throws IOException {
    if (!Files.exists(file) || Files.size(file) == 0) {
      return false;
    }
    try (SeekableByteChannel in = Files.newByteChannel(file)) {
      ByteBuffer last = ByteBuffer.allocate(1);
      in.position(in.size() - 1).read(last);
      return last.get(0) != '\n';
    }
  }

  /**
   * Reads the metrics of each trial, in order.
   *
   * @param use takes each metric
   * @return the complete lines that are not metrics. A torn last line, left by a killed run, is not
   *     damage
   * @throws IOException if the file cannot be read
   */
  synchronized List<Damage> read(Consumer<Metric> use) throws IOException {
    List<Damage> out = new ArrayList<>();
    List<Line> lines = lines();
    int whole = torn() ? lines.size() - 1 : lines.size();
    for (int i = 0; i < lines.size(); i++) {
      try {
        use.accept(lines.get(i).metric());
      } catch (IllegalArgumentException e) {
        if (i < whole) {
          out.add(damage(i, e.getMessage()));
        }
      }
    }
    return out;
  }

  private static Damage damage(int line, String why) {
    return new Damage(FILE, "line %d is no metric: %s".formatted(line + 1, why));
  }

  /** Drops what earlier runs wrote about these trials after a step. */
  synchronized void drop(Set<String> trials, long after) throws IOException {
    if (former == null) {
      former = new HashSet<>();
      read(m -> former.add(m.trial()));
    }
    if (trials.stream().noneMatch(former::contains)) {
      return;
    }
    keep(
        line -> {
          if (line.why().isPresent()) {
            return true;
          }
          Metric m = line.metric();
          return !trials.contains(m.trial()) || m.step() <= after;
        });
    former.removeAll(trials);
  }

  /** Replaces the lines of some trials by those of another file. */
  synchronized void adopt(Metrics other, Set<String> trials) throws IOException {
    drop(trials, -1);
    ByteArrayOutputStream theirs = new ByteArrayOutputStream();
    for (Line line : other.lines()) {
      if (line.why().isEmpty() && trials.contains(line.metric().trial())) {
        line.write(theirs);
      }
    }
    append(theirs.toByteArray());
  }

  private void keep(Predicate<Line> wanted) throws IOException {
    List<Line> lines = lines();
    try {
      AtomicFile.write(
          file,
          out -> {
            for (Line line : lines) {
              if (wanted.test(line)) {
                line.write(out);
              }
            }
          });
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private List<Line> lines() throws IOException {
    if (!Files.exists(file)) {
      return List.of();
    }
    byte[] bytes = Files.readAllBytes(file);
    int end = bytes.length;
    while (end > 0 && bytes[end - 1] == '\n') {
      end--;
    }
    List<Line> out = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < end; i++) {
      if (bytes[i] == '\n') {
        out.add(new Line(bytes, from, i));
        from = i + 1;
      }
    }
    if (from < end) {
      out.add(new Line(bytes, from, end));
    }
    return out;
  }
}
