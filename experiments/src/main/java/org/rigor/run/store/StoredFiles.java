// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.rigor.io.DataException;
import org.rigor.io.Sha256;
import org.rigor.run.theory.LawResult;
import org.rigor.run.theory.LawTrial;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialResult;

/**
 * A reader that checks the files of a run folder against its manifest. A file that exists but
 * cannot be used is {@link Damage} and is never treated as missing.
 */
public final class StoredFiles {
  /** Maximum size in bytes of a file that is read whole. */
  private static final long MOST_BYTES = 1L << 28;

  private final Path root;
  private final Manifest manifest;
  private final Metrics metrics;

  StoredFiles(Path root, Manifest manifest, Metrics metrics) {
    this.root = root;
    this.manifest = manifest;
    this.metrics = metrics;
  }

  /**
   * The outcome of looking for a result.
   *
   * @param result empty if none can be read; with damage, a result that only its own checksum
   *     confirms
   * @param damage of its file; empty if the file is sound or missing
   */
  record Found<T>(Optional<T> result, Optional<Damage> damage) {}

  /**
   * The results of a folder.
   *
   * @param sound by id, in the order of the trials
   * @param doubted results that pass their own checksum but not the manifest's
   */
  public record Results<T>(Map<String, T> sound, Map<String, T> doubted, List<Damage> damages) {}

  /** Reads the bytes of a result. */
  private interface Reading<T> {
    /**
     * @param vouched whether the manifest confirms the bytes
     */
    T read(String file, byte[] bytes, boolean vouched);
  }

  /**
   * Reads {@code provenance.json}.
   *
   * @throws DamagedException with file and key
   */
  public ProvenanceFile provenance() {
    return read(ProvenanceFile.FILE, ProvenanceFile::read)
        .orElseThrow(() -> new DamagedException(ProvenanceFile.FILE, "it is missing"));
  }

  /**
   * Reads a file if it exists.
   *
   * @throws DamagedException if it exists but is not what was stored
   */
  <T> Optional<T> read(String path, Function<byte[], T> read) {
    return bytes(path).map(b -> reading(path, b, read));
  }

  /** Returns the number of the run that stored a file, from 1; 0 if unknown. */
  public int run(String path) {
    List<Manifest.Entry> known = manifest.of(path);
    return known.isEmpty() ? 0 : known.get(known.size() - 1).run();
  }

  /** Returns, by run number, how many results that run stored last. */
  public Map<Integer, Integer> resultsByRun() {
    return manifest.resultsByRun();
  }

  /** Returns whether the checksum of a file is stored; version 0.1 stored none. */
  public boolean known(String path) {
    return !manifest.of(path).isEmpty();
  }

  /** Returns the lines of the manifest that cannot be read. */
  public List<Damage> damages() {
    return manifest.damages();
  }

  /** Returns the files whose size differs from the stored one, without reading them. */
  public List<Damage> wrongSizes() {
    List<Damage> out = new ArrayList<>();
    manifest
        .last()
        .forEach(
            (path, e) -> {
              Path file = root.resolve(path);
              try {
                BasicFileAttributes a = Files.readAttributes(file, BasicFileAttributes.class);
                boolean grows = path.equals(Metrics.FILE);
                if (manifest.of(path).stream()
                    .noneMatch(o -> grows ? o.size() <= a.size() : o.size() == a.size())) {
                  out.add(
                      new Damage(
                          path, "it has %,d bytes, %,d were stored".formatted(a.size(), e.size())));
                }
              } catch (IOException | InvalidPathException notThere) {
                // Missing is not damaged.
              }
            });
    return out;
  }

  /** Returns how a file contradicts the manifest; empty if it does not or is missing. */
  public Optional<Damage> check(String path) {
    Path file = RunFolder.resolve(root, path);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      return manifest
          .contradicts(path, Files.size(file), Sha256.of(file))
          .map(why -> new Damage(path, why));
    } catch (IOException | DataException e) {
      return Optional.of(new Damage(path, "it cannot be read: " + e.getMessage()));
    }
  }

  /** Reads all networks and arrays and returns what is wrong with them. */
  public List<Damage> contents() {
    return manifest.last().keySet().stream()
        .filter(path -> path.startsWith("models/") || path.startsWith("arrays/"))
        .flatMap(path -> check(path).stream())
        .toList();
  }

  /** Returns the claims as judged, even from a changed file if it can be read. */
  public List<StoredClaim> claims(Collection<Damage> damages) {
    check(StoredClaim.FILE).ifPresent(damages::add);
    try {
      return bytes(StoredClaim.FILE)
          .map(b -> Fields.readList(StoredClaim.FILE, b))
          .orElse(List.of())
          .stream()
          .map(StoredClaim::of)
          .toList();
    } catch (DamagedException e) {
      damages.add(e.damage());
      return List.of();
    }
  }

  /** Returns the metrics of each trial, in order, and what is wrong with their file. */
  public Map<String, List<Metric>> metrics(List<Damage> damages) {
    Map<String, List<Metric>> out = new LinkedHashMap<>();
    damages.addAll(metrics(m -> out.computeIfAbsent(m.trial(), t -> new ArrayList<>()).add(m)));
    return out;
  }

  /**
   * Reads the metrics.
   *
   * @param use takes each one, in the order of the file
   * @return what is wrong with the file: its beginning is checked against the manifest, and every
   *     line is parsed
   */
  public List<Damage> metrics(Consumer<Metric> use) {
    try {
      List<Damage> out = new ArrayList<>(metricsChanged().stream().toList());
      out.addAll(metrics.read(use));
      return out;
    } catch (IOException e) {
      return List.of(new Damage(Metrics.FILE, "it cannot be read: " + reason(e)));
    }
  }

  /** Checks that the metrics, which only grow, begin with what was there when a run ended. */
  Optional<Damage> metricsChanged() throws IOException {
    List<Manifest.Entry> known = manifest.of(Metrics.FILE);
    Path file = root.resolve(Metrics.FILE);
    if (known.isEmpty() || !Files.exists(file)) {
      return Optional.empty();
    }
    byte[] bytes = Files.readAllBytes(file);
    for (int i = known.size() - 1; i >= 0; i--) {
      Manifest.Entry e = known.get(i);
      if (e.size() <= bytes.length
          && Sha256.of(Arrays.copyOf(bytes, (int) e.size())).equals(e.sha256())) {
        return Optional.empty();
      }
    }
    return Optional.of(new Damage(Metrics.FILE, "its checksum is not the one in " + Manifest.FILE));
  }

  Optional<byte[]> bytes(String path) {
    Path file = RunFolder.resolve(root, path);
    try {
      if (Files.size(file) > MOST_BYTES) {
        throw new DamagedException(path, "it has more than %,d bytes".formatted(MOST_BYTES));
      }
      return Optional.of(Files.readAllBytes(file));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new DamagedException(path, "it cannot be read: " + reason(e));
    }
  }

  /** Parses a file before reporting a wrong checksum, so that the message can name the key. */
  private <T> T reading(String path, byte[] bytes, Function<byte[], T> read) {
    Optional<String> wrong = manifest.contradicts(path, bytes.length, Sha256.of(bytes));
    try {
      T out = read.apply(bytes);
      if (wrong.isPresent()) {
        throw new DamagedException(path, wrong.get());
      }
      return out;
    } catch (DamagedException e) {
      String why = e.damage().why();
      boolean both = wrong.isPresent() && !why.equals(wrong.get());
      throw both ? new DamagedException(path, wrong.get() + "; " + why) : e;
    }
  }

  private <T> Found<T> find(String path, String id, Reading<T> reading, Function<T, String> of) {
    Optional<T> own = Optional.empty();
    try {
      Optional<byte[]> there = bytes(path);
      if (there.isEmpty()) {
        return new Found<>(Optional.empty(), Optional.empty());
      }
      byte[] bytes = there.get();
      Optional<String> wrong = manifest.contradicts(path, bytes.length, Sha256.of(bytes));
      boolean vouched = wrong.isEmpty() && !manifest.of(path).isEmpty();
      try {
        T r = reading.read(path, bytes, vouched);
        if (!of.apply(r).equals(id)) {
          throw new DamagedException(path, "it is the result of " + of.apply(r));
        }
        own = Optional.of(r);
      } catch (DamagedException e) {
        throw wrong.isEmpty()
            ? e
            : new DamagedException(path, wrong.get() + "; " + e.damage().why());
      }
      return new Found<>(own, wrong.map(w -> new Damage(path, w)));
    } catch (DamagedException e) {
      return new Found<>(Optional.empty(), Optional.of(e.damage()));
    }
  }

  /** Returns the ids of all existing results, sound or not. */
  List<String> resultIds() {
    List<String> out = new ArrayList<>();
    for (String part : List.of("trials", "laws")) {
      if (Files.isDirectory(root.resolve(part))) {
        try (Stream<Path> files = Files.list(root.resolve(part))) {
          files
              .map(f -> f.getFileName().toString())
              .filter(n -> n.endsWith(".json") && !n.startsWith("."))
              .sorted()
              .forEach(n -> out.add(n.substring(0, n.length() - ".json".length())));
        } catch (IOException e) {
          throw new DamagedException(part, "it cannot be read: " + reason(e));
        }
      }
    }
    return out;
  }

  private <T> Results<T> results(List<String> ids, Function<String, Found<T>> find) {
    manifest.of(""); // reads the manifest once, before the threads do
    List<Found<T>> all = ids.parallelStream().map(find).toList();
    Map<String, T> sound = new LinkedHashMap<>();
    Map<String, T> doubted = new LinkedHashMap<>();
    List<Damage> damages = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      Found<T> f = all.get(i);
      String id = ids.get(i);
      f.result().ifPresent(r -> (f.damage().isEmpty() ? sound : doubted).put(id, r));
      f.damage().ifPresent(damages::add);
    }
    return new Results<>(sound, doubted, damages);
  }

  /** Reads the results of trials. */
  public Results<TrialResult> results(List<Trial> trials) {
    return results(trials.stream().map(Trial::id).toList(), this::find);
  }

  private Found<TrialResult> find(String id) {
    return find(RunFolder.trialPath(id), id, this::trial, TrialResult::id);
  }

  private TrialResult trial(String path, byte[] bytes, boolean vouched) {
    return vouched
        ? TrialJson.read(path, bytes, () -> confirmed(path))
        : TrialJson.read(path, bytes);
  }

  /** Returns the bytes of a file that the manifest confirmed before. */
  private byte[] confirmed(String path) {
    byte[] bytes =
        bytes(path).orElseThrow(() -> new DamagedException(path, "it went while it was read"));
    Optional<String> wrong = manifest.contradicts(path, bytes.length, Sha256.of(bytes));
    if (wrong.isPresent()) {
      throw new DamagedException(path, wrong.get());
    }
    return bytes;
  }

  /** Reads the results of laws. */
  public Results<LawResult> lawResults(List<LawTrial> laws) {
    return results(laws.stream().map(LawTrial::id).toList(), this::findLaw);
  }

  private Found<LawResult> findLaw(String id) {
    return find(RunFolder.lawPath(id), id, LawJson::read, LawResult::id);
  }

  /** Returns the stored result, or empty if there is none or it is damaged. */
  public Optional<TrialResult> load(String trialId) {
    Found<TrialResult> f = find(trialId);
    return f.damage().isEmpty() ? f.result() : Optional.empty();
  }

  static String reason(IOException e) {
    if (e instanceof java.nio.file.AccessDeniedException) {
      return "permission denied";
    }
    if (e instanceof java.nio.file.FileAlreadyExistsException
        || e instanceof java.nio.file.NotDirectoryException) {
      return "a file stands where a folder is needed";
    }
    if (e instanceof java.nio.file.NoSuchFileException missing) {
      return missing.getFile() + " does not exist";
    }
    if (e instanceof java.nio.file.FileSystemException f && f.getReason() != null) {
      return f.getReason();
    }
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }
}
