// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * {@code manifest.jsonl}: one line per stored file with its checksum, append-only. The line is
 * written before the file gets its name, so after a crash a file matches one of its lines, and only
 * the very last line can be torn.
 */
final class Manifest {
  static final String FILE = "manifest.jsonl";

  /**
   * One stored file, or the beginning of a file that only grows.
   *
   * @param path in the run folder
   * @param size in bytes
   * @param trial that it belongs to; empty if none
   * @param run number of the run that stored it, from 1; 0 if it is not a run's result
   */
  record Entry(String path, long size, String sha256, String trial, int run, String time) {
    String line() {
      JsonObject o = new JsonObject();
      o.addProperty("path", path);
      o.addProperty("size", size);
      o.addProperty("sha256", sha256);
      if (!trial.isEmpty()) {
        o.addProperty("trial", trial);
      }
      o.addProperty("run", run);
      o.addProperty("time", time);
      return o + "\n";
    }

    /**
     * Validates an entry, since the manifest itself is untrusted: its path stays in the folder,
     * size and checksum are well formed.
     */
    Entry checked() {
      if (!inside(path)) {
        throw new DamagedException(FILE, "its path is none in the run folder");
      }
      if (size < 0 || sha256.length() != 64 || !Hex.is(sha256)) {
        throw new DamagedException(FILE, path + " has no size and checksum");
      }
      return this;
    }

    /** Returns whether each part of a path is a plain name. */
    private static boolean inside(String path) {
      int part = 0;
      for (int i = 0; i <= path.length(); i++) {
        char c = i < path.length() ? path.charAt(i) : '/';
        if (c < ' ' || c == '\\') {
          return false;
        }
        if (c == '/') {
          boolean up = path.startsWith("..", part) && i == part + 2;
          boolean same = path.startsWith(".", part) && i == part + 1;
          if (i == part || up || same) {
            return false;
          }
          part = i + 1;
        }
      }
      return true;
    }

    static Entry read(String file, String line) {
      Fields f = Fields.read(file, line.getBytes(StandardCharsets.UTF_8));
      return new Entry(
          f.text("path"),
          f.whole("size"),
          f.text("sha256"),
          f.has("trial") ? f.text("trial") : "",
          f.integer("run"),
          f.text("time"));
    }
  }

  private final Path file;
  private final Map<String, List<Entry>> entries = new HashMap<>();
  private final List<Damage> damages = new ArrayList<>();
  private boolean read;
  private FileChannel channel;

  Manifest(Path root) {
    this.file = root.resolve(FILE);
  }

  /** Returns the entries of a path, oldest first; empty if there is none. */
  synchronized List<Entry> of(String path) {
    read();
    return entries.getOrDefault(path, List.of());
  }

  /** Returns the last entry of every path. */
  synchronized Map<String, Entry> last() {
    read();
    Map<String, Entry> out = new TreeMap<>();
    entries.forEach((path, all) -> out.put(path, all.get(all.size() - 1)));
    return out;
  }

  /** Returns, by run number, the trials whose last entry that run stored. */
  synchronized Map<Integer, List<String>> trialsByRun() {
    Map<Integer, List<String>> out = new LinkedHashMap<>();
    last()
        .forEach(
            (path, e) -> {
              if (!e.trial().isEmpty() && path.startsWith("trials/")) {
                out.computeIfAbsent(e.run(), r -> new ArrayList<>()).add(e.trial());
              }
            });
    return out;
  }

  /** Returns, by run number, how many trials and laws have their last entry from that run. */
  synchronized Map<Integer, Integer> resultsByRun() {
    read();
    Map<Integer, Integer> out = new HashMap<>();
    entries.forEach(
        (path, all) -> {
          if (path.startsWith("trials/") || path.startsWith("laws/")) {
            out.merge(all.get(all.size() - 1).run(), 1, Integer::sum);
          }
        });
    return out;
  }

  /** Returns the lines that cannot be read. */
  synchronized List<Damage> damages() {
    read();
    return List.copyOf(damages);
  }

  /** Returns whether the folder has a manifest; folders of version 0.1 have none. */
  boolean exists() {
    return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS);
  }

  /**
   * Returns why a file differs from what was stored under a path; empty if it does not, or nothing
   * is known.
   */
  Optional<String> contradicts(String path, long size, String sha256) {
    List<Entry> known = of(path);
    if (known.isEmpty()
        || known.stream().anyMatch(e -> e.size() == size && e.sha256().equals(sha256))) {
      return Optional.empty();
    }
    long stored = known.get(known.size() - 1).size();
    return Optional.of(
        stored == size
            ? "its checksum is not the one in " + FILE
            : "it has %,d bytes, %,d were stored".formatted(size, stored));
  }

  /**
   * Appends a line.
   *
   * @param force whether the line must be on disk, safe from a machine crash, when this returns
   */
  synchronized void append(String path, long size, String sha256, int run, boolean force)
      throws IOException {
    Entry e = new Entry(path, size, sha256, trial(path), run, now());
    read();
    if (channel == null) {
      channel =
          FileChannel.open(
              file,
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE,
              StandardOpenOption.APPEND,
              LinkOption.NOFOLLOW_LINKS);
    }
    ByteBuffer bytes = ByteBuffer.wrap(e.line().getBytes(StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
    if (force) {
      channel.force(false);
    }
    entries.computeIfAbsent(path, p -> new ArrayList<>(1)).add(e);
  }

  /** Removes a torn last line, so that the next one starts on its own line. */
  synchronized void mend() throws IOException {
    if (!exists()) {
      return;
    }
    byte[] bytes = Files.readAllBytes(file);
    int end = bytes.length;
    while (end > 0 && bytes[end - 1] != '\n') {
      end--;
    }
    if (end < bytes.length) {
      try (FileChannel out =
          FileChannel.open(file, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
        out.truncate(end);
      }
    }
  }

  synchronized void close() {
    if (channel != null) {
      try {
        channel.close();
      } catch (IOException e) {
        // Every line that matters has been forced to disk.
      }
      channel = null;
    }
  }

  private static String trial(String path) {
    String name = path.substring(path.lastIndexOf('/') + 1);
    int end = path.startsWith("trials/") ? name.indexOf('.') : name.indexOf('-');
    boolean owned = path.startsWith("trials/") || path.startsWith("arrays/");
    return owned && end == 20 && Hex.is(name.substring(0, end)) ? name.substring(0, end) : "";
  }

  private static String now() {
    return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
  }

  private void read() {
    if (read) {
      return;
    }
    read = true;
    if (!exists()) {
      return;
    }
    String text;
    try {
      // ISO 8859-1 keeps bytes as they are: invalid UTF-8 spoils only its own line.
      text = Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      damages.add(new Damage(FILE, "it cannot be read: " + e.getMessage()));
      return;
    }
    int number = 0;
    for (int from = 0; from < text.length(); ) {
      int to = text.indexOf('\n', from);
      if (to < 0) {
        return; // torn: its file never got its name
      }
      number++;
      String line = text.substring(from, to);
      from = to + 1;
      try {
        Entry e = ManifestLine.read(line).orElseGet(() -> Entry.read(FILE, line)).checked();
        entries.computeIfAbsent(e.path(), p -> new ArrayList<>(1)).add(e);
      } catch (DamagedException e) {
        damages.add(new Damage(FILE, "line " + number + ": " + e.damage().why()));
      }
    }
  }
}
