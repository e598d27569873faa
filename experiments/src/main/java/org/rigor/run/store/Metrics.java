// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.rigor.io.AtomicFile;

/**
 * {@code metrics.jsonl}: a line for each epoch of each trial, appended as they come. Work that is
 * done again after a kill drops its lines first, so that none is there twice.
 */
final class Metrics {
  private static final Pattern LINE =
      Pattern.compile("\\{\"trial\":\"([0-9a-f]+)\",\"phase\":\"[^\"]*\",\"step\":(\\d+).*}");

  private final Path file;

  /** Trials with lines of former runs; null before the file was read. */
  private Set<String> former;

  Metrics(Path file) {
    this.file = file;
  }

  /** Appends whole lines. */
  synchronized void append(String lines) throws IOException {
    Files.writeString(file, lines, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  /** Drops a last line that a kill tore, so that the next one stands alone. */
  synchronized void mend() throws IOException {
    if (!Files.exists(file) || Files.size(file) == 0) {
      return;
    }
    try (SeekableByteChannel in = Files.newByteChannel(file)) {
      ByteBuffer last = ByteBuffer.allocate(1);
      in.position(in.size() - 1).read(last);
      if (last.get(0) == '\n') {
        return;
      }
    }
    keep(line -> trial(line).isPresent());
  }

  /** Drops what former runs wrote of these trials behind a step. */
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

  /** Takes over the lines of some trials, which replace those that are there. */
  synchronized void adopt(Metrics other, Set<String> trials) throws IOException {
    drop(trials, -1);
    StringBuilder theirs = new StringBuilder();
    other.each(
        line -> {
          if (trial(line).filter(trials::contains).isPresent()) {
            theirs.append(line).append('\n');
          }
        });
    append(theirs.toString());
  }

  private static Optional<String> trial(String line) {
    Matcher m = LINE.matcher(line);
    return m.matches() ? Optional.of(m.group(1)) : Optional.empty();
  }

  private void keep(Predicate<String> wanted) throws IOException {
    try {
      AtomicFile.write(
          file,
          out -> {
            Writer text = new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8));
            try (Stream<String> lines = Files.lines(file, StandardCharsets.UTF_8)) {
              for (String line : (Iterable<String>) lines.filter(wanted)::iterator) {
                text.append(line).append('\n');
              }
            }
            text.flush();
          });
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private void each(Consumer<String> use) throws IOException {
    if (!Files.exists(file)) {
      return;
    }
    try (Stream<String> lines = Files.lines(file, StandardCharsets.UTF_8)) {
      lines.forEach(use);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }
}
