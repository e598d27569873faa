// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.rigor.io.AtomicFile;

/**
 * {@code metrics.jsonl}: a line for each epoch of each trial, appended as they come. Work that is
 * repeated after a kill drops its old lines first, so that no line appears twice.
 */
final class Metrics {
  static final String FILE = "metrics.jsonl";

  private static final Pattern LINE =
      Pattern.compile(
          "\\{\"trial\":\"([0-9a-f]+)\",\"phase\":\"[^\"]*\",\"step\":(\\d+).*}", Pattern.DOTALL);

  private final Path file;

  /** Trials with lines of earlier runs; null until the file has been read. */
  private Set<String> former;

  Metrics(Path file) {
    this.file = file;
  }

  /** Appends whole lines. */
  synchronized void append(String lines) throws IOException {
    Files.writeString(
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
    List<String> lines = lines();
    for (int i = 0; i < lines.size(); i++) {
      Optional<String> why = why(lines.get(i));
      if (why.isPresent()) {
        said.add(
            torn && i == lines.size() - 1
                ? FILE + ": the last line is torn and is dropped"
                : damage(i, why.get()).text() + "; it is dropped");
      }
    }
    if (torn || !said.isEmpty()) {
      keep(line -> why(line).isEmpty());
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
   * Returns the complete lines that are not metrics. A torn last line, left by a killed run, is not
   * damage.
   */
  synchronized List<Damage> damages() throws IOException {
    List<Damage> out = new ArrayList<>();
    List<String> lines = lines();
    int whole = torn() ? lines.size() - 1 : lines.size();
    for (int i = 0; i < whole; i++) {
      int at = i;
      why(lines.get(i)).ifPresent(w -> out.add(damage(at, w)));
    }
    return out;
  }

  private static Damage damage(int line, String why) {
    return new Damage(FILE, "line %d is no metric: %s".formatted(line + 1, why));
  }

  /**
   * Returns the lines of each trial, in order, without lines that are not metrics.
   *
   * @throws IOException if the file cannot be read
   */
  synchronized Map<String, List<Metric>> byTrial() throws IOException {
    Map<String, List<Metric>> out = new LinkedHashMap<>();
    each(
        line -> {
          if (why(line).isEmpty()) {
            Metric m = Metric.of(Fields.read(FILE, bytes(line)));
            out.computeIfAbsent(m.trial(), t -> new ArrayList<>()).add(m);
          }
        });
    return out;
  }

  /** Drops what earlier runs wrote about these trials after a step. */
  synchronized void drop(Set<String> trials, long after) throws IOException {
    if (former == null) {
      former = new HashSet<>();
      each(line -> trial(line).ifPresent(former::add));
    }
    if (trials.stream().noneMatch(former::contains)) {
      return;
    }
    keep(
        line -> {
          Matcher m = LINE.matcher(line);
          return !m.matches()
              || !trials.contains(m.group(1))
              || Long.parseLong(m.group(2)) <= after;
        });
    former.removeAll(trials);
  }

  /** Replaces the lines of some trials by those of another file. */
  synchronized void adopt(Metrics other, Set<String> trials) throws IOException {
    drop(trials, -1);
    StringBuilder theirs = new StringBuilder();
    other.each(
        line -> {
          if (why(line).isEmpty() && trial(line).filter(trials::contains).isPresent()) {
            theirs.append(new String(bytes(line), StandardCharsets.UTF_8)).append('\n');
          }
        });
    append(theirs.toString());
  }

  private static Optional<String> trial(String line) {
    Matcher m = LINE.matcher(line);
    return m.matches() ? Optional.of(m.group(1)) : Optional.empty();
  }

  /** Returns why a line is not a metric; empty if it is. */
  private static Optional<String> why(String line) {
    try {
      if (!LINE.matcher(line).matches()) {
        return Optional.of("it does not begin with trial, phase and step");
      }
      Metric.of(Fields.read(FILE, bytes(line)));
      return Optional.empty();
    } catch (DamagedException e) {
      return Optional.of(e.damage().why());
    }
  }

  private static byte[] bytes(String line) {
    return line.getBytes(StandardCharsets.ISO_8859_1);
  }

  // ISO 8859-1 keeps bytes as they are: invalid UTF-8 spoils only its own line.
  private void keep(Predicate<String> wanted) throws IOException {
    try {
      AtomicFile.write(
          file,
          out -> {
            for (String line : lines()) {
              if (wanted.test(line)) {
                out.write(bytes(line + "\n"));
              }
            }
          });
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private void each(Consumer<String> use) throws IOException {
    lines().forEach(use);
  }

  private List<String> lines() throws IOException {
    if (!Files.exists(file)) {
      return List.of();
    }
    String text = Files.readString(file, StandardCharsets.ISO_8859_1);
    return text.isEmpty() ? List.of() : List.of(text.split("\n"));
  }
}
