// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.rigor.io.AtomicFile;
import org.rigor.io.Sha256;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.theory.LawResult;
import org.rigor.run.theory.LawTrial;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialResult;

/**
 * {@code runs/<study>/}: {@code spec.yaml}, {@code resolved.yaml}, {@code provenance.json}, {@code
 * trials/*.json}, {@code metrics.jsonl}, {@code models/*.safetensors}, {@code arrays/*.npy}, {@code
 * packs/*.safetensors} while a pack trains, {@code figures/*.svg} and {@code report.html}; a study
 * of laws has {@code laws/*.json} and {@code laws.tsv} instead of trials. Every file except the
 * metrics is written atomically and has its checksum in {@link Manifest}.
 */
public final class RunFolder {
  private static final List<String> PARTS =
      List.of("trials", "models", "arrays", "figures", "packs");

  /** Glob of the saved states of packs in training. */
  private static final String PACKS = "*.{safetensors,json}";

  private static final List<String> THEORY_PARTS = List.of("laws", "figures");

  /** Parts whose files a run produces; the others are derived from them. */
  private static final Set<String> MADE = Set.of("trials", "models", "arrays", "packs", "laws");

  private final Path root;
  private final Metrics metrics;
  private final Manifest manifest;
  private final StoredFiles stored;

  /** The log of the run that holds the folder; null for readers. */
  private RunLog log;

  private RunFolder(Path root) {
    this.root = root;
    this.metrics = new Metrics(root.resolve(Metrics.FILE));
    this.manifest = new Manifest(root);
    this.stored = new StoredFiles(root, manifest, metrics);
  }

  /** Returns an existing folder without modifying it. */
  public static RunFolder at(Path root) {
    return new RunFolder(root);
  }

  /**
   * Creates the folder and its parts if they are missing.
   *
   * @throws RunException with exit code 3 if that cannot be done
   */
  public static RunFolder create(Path root) {
    return create(root, PARTS);
  }

  /**
   * Creates the folder of a study of laws and its parts if they are missing.
   *
   * @throws RunException with exit code 3 if that cannot be done
   */
  public static RunFolder createTheory(Path root) {
    return create(root, THEORY_PARTS);
  }

  private static RunFolder create(Path root, List<String> parts) {
    try {
      for (String part : parts) {
        if (!Files.isDirectory(root.resolve(part))) {
          Files.createDirectories(root.resolve(part));
        }
      }
      Path probe = Files.createTempFile(root, ".probe", ".tmp");
      Files.delete(probe);
    } catch (IOException e) {
      throw new RunException(
          ExitCode.ENVIRONMENT,
          "cannot write to the run folder %s (%s); choose another with --out DIR"
              .formatted(root, StoredFiles.reason(e)),
          e);
    }
    Links.refuse(root, Stream.of(PARTS, THEORY_PARTS).flatMap(List::stream));
    Links.refuse(root, Stream.of(".lock", Metrics.FILE, Manifest.FILE));
    return new RunFolder(root);
  }

  public Path root() {
    return root;
  }

  /** Returns the reader that verifies the folder's files. */
  public StoredFiles stored() {
    return stored;
  }

  /** Returns the stored result, or empty if there is none or it is damaged. */
  public Optional<TrialResult> load(String trialId) {
    return stored.load(trialId);
  }

  public Path report() {
    return root.resolve("report.html");
  }

  /**
   * Removes temporary files of a killed run and repairs torn files. Only for the holder of the
   * lock.
   *
   * @return messages for the user about what was repaired
   */
  public List<String> sweep() {
    remove(root, ".*.tmp");
    Stream.of(PARTS, THEORY_PARTS)
        .flatMap(List::stream)
        .filter(part -> Files.isDirectory(root.resolve(part)))
        .forEach(part -> remove(root.resolve(part), ".*.tmp"));
    try {
      manifest.mend();
      List<String> said = new ArrayList<>();
      Optional<Damage> changed = stored.metricsChanged();
      if (changed.isPresent()) {
        Files.copy(
            root.resolve(Metrics.FILE),
            root.resolve(Metrics.FILE + ".damaged"),
            StandardCopyOption.REPLACE_EXISTING);
        said.add(changed.get().text() + "; a copy is kept as " + Metrics.FILE + ".damaged");
      }
      said.addAll(metrics.mend());
      manifest.damages().forEach(d -> said.add(d.text()));
      return said;
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  /** Records the folder's study and the run that begins. Only for the holder of the lock. */
  public List<String> describe(
      String spec, String resolved, JsonObject identity, Supplier<JsonObject> facts) {
    List<String> said = new ArrayList<>();
    ProvenanceFile before = null;
    if (Files.exists(root.resolve(ProvenanceFile.FILE))) {
      try {
        before = stored.provenance();
      } catch (DamagedException e) {
        said.add(e.damage().text() + "; it is kept as " + ProvenanceFile.FILE + ".damaged");
        setAside(ProvenanceFile.FILE);
      }
    }
    replace("spec.yaml", spec);
    replace("resolved.yaml", resolved);
    log =
        RunLog.open(
            before, stored.resultIds(), identity, facts, text -> write(ProvenanceFile.FILE, text));
    return said;
  }

  /** Writes a text unless the file already holds it and the manifest knows the file. */
  private void replace(String path, String text) {
    byte[] now = stored.bytes(path).orElse(new byte[0]);
    if (!Arrays.equals(now, text.getBytes(StandardCharsets.UTF_8)) || manifest.of(path).isEmpty()) {
      write(path, text);
    }
  }

  /** Records the results of the run. Only for the holder of the lock. */
  public void finish() {
    Path file = root.resolve(Metrics.FILE);
    try {
      if (Files.exists(file)) {
        String sum = Sha256.of(file);
        long size = Files.size(file);
        if (manifest.of(Metrics.FILE).stream().noneMatch(e -> e.sha256().equals(sum))) {
          manifest.append(Metrics.FILE, size, sum, 0, false);
        }
      }
    } catch (IOException e) {
      throw unwritable(e);
    }
    if (log != null) {
      log.made(manifest.trialsByRun());
    }
    manifest.close();
  }

  /** Stores the result of a law; when this returns it survives a kill. */
  public void saveLaw(LawTrial trial, LawResult result) {
    write(lawPath(trial.id()), LawJson.write(trial, result));
  }

  /** Stores a result; when this returns it survives a kill. */
  public void save(Trial trial, TrialResult result) {
    write(trialPath(trial.id()), TrialJson.write(trial, result));
  }

  /**
   * Copies results, the files named after them and their metrics from another run folder. Damaged
   * results are not copied.
   *
   * @return the results copied
   */
  public Map<String, TrialResult> adopt(RunFolder other, List<Trial> trials) {
    Map<String, TrialResult> found = other.stored.results(trials).sound();
    if (found.isEmpty()) {
      return found;
    }
    try {
      metrics.adopt(other.metrics, found.keySet());
      Adoption from = new Adoption(log, other, found.keySet(), RunFolder::trialPath);
      for (Trial t : trials) {
        if (found.containsKey(t.id())) {
          copyFiles(other, "models", t.modelId(), from.run(t.id()));
          copyFiles(other, "arrays", t.id(), from.run(t.id()));
          copy(other, trialPath(t.id()), from.run(t.id()));
        }
      }
      return found;
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  /** Copies results of laws from another run folder; returns their ids. */
  public Set<String> adoptLaws(RunFolder other, List<LawTrial> laws) {
    Set<String> found = other.stored.lawResults(laws).sound().keySet();
    if (!found.isEmpty()) {
      Adoption from = new Adoption(log, other, found, RunFolder::lawPath);
      found.forEach(id -> copy(other, lawPath(id), from.run(id)));
    }
    return found;
  }

  private void copy(RunFolder other, String path, int run) {
    write(path, out -> Files.copy(other.resolve(path), out), run);
  }

  private void copyFiles(RunFolder other, String part, String prefix, int run) throws IOException {
    Path from = other.root.resolve(part);
    if (!Files.isDirectory(from)) {
      return;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(from, prefix + "*")) {
      for (Path f : files) {
        String path = part + "/" + f.getFileName();
        if (!Files.exists(resolve(path))
            && Files.isRegularFile(f, LinkOption.NOFOLLOW_LINKS)
            && other.stored.check(path).isEmpty()) {
          copy(other, path, run);
        }
      }
    }
  }

  /** Writes a text file of the folder atomically. */
  public void write(String path, String text) {
    write(path, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
  }

  /** Writes a file of the folder atomically; the path may not leave the folder. */
  public void write(String path, AtomicFile.Content content) {
    boolean made = MADE.contains(path.substring(0, Math.max(0, path.indexOf('/'))));
    write(path, content, made && log != null ? log.number() : 0);
  }

  private void write(String path, AtomicFile.Content content, int run) {
    boolean result = path.startsWith("trials/") || path.startsWith("laws/");
    try {
      AtomicFile.write(
          Links.own(root, resolve(path)),
          out -> {
            Counted counted = new Counted(out);
            content.writeTo(counted);
            counted.flush();
            // Forcing a result's line also forces the earlier lines of its files.
            manifest.append(path, counted.size(), counted.sha256(), run, result);
          });
    } catch (UncheckedIOException e) {
      throw unwritable(e.getCause());
    }
  }

  /** Returns the file, or empty if it does not exist. */
  public Optional<Path> existing(String path) {
    Path file = resolve(path);
    return Files.exists(file) ? Optional.of(file) : Optional.empty();
  }

  /** Moves a damaged file aside, so that it is made again but can still be inspected. */
  public void setAside(String path) {
    try {
      Path file = resolve(path);
      String name = file.getFileName().toString().replaceFirst("[.]json$", "");
      Files.move(file, file.resolveSibling(name + ".damaged"), StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  /** Removes stored results with their networks, and the states of unfinished training. */
  public void forget(List<Trial> trials) {
    for (Trial t : trials) {
      remove(root.resolve("trials"), t.id() + ".json");
      remove(root.resolve("models"), t.modelId() + ".*");
    }
    remove(root.resolve("packs"), PACKS);
    dropMetrics(trials.stream().map(Trial::id).collect(Collectors.toSet()), -1);
  }

  /** Removes a file of the folder if it exists. */
  public void remove(String path) {
    try {
      Files.deleteIfExists(Links.own(root, resolve(path)));
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private void remove(Path part, String pattern) {
    if (!part.equals(root)) {
      Links.refuse(part);
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(part, pattern)) {
      for (Path p : files) {
        Files.deleteIfExists(p);
      }
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  /** Appends whole lines to {@code metrics.jsonl}. */
  public void appendMetrics(String lines) {
    try {
      metrics.append(lines.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  /** Drops the metrics that earlier runs wrote about these trials after a step. */
  public void dropMetrics(Set<String> trialIds, long after) {
    try {
      metrics.drop(trialIds, after);
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private Path resolve(String path) {
    return resolve(root, path);
  }

  static Path resolve(Path root, String path) {
    Path file = root.resolve(path).normalize();
    if (!file.startsWith(root.normalize())) {
      throw new IllegalArgumentException("'" + path + "' leaves the run folder");
    }
    return file;
  }

  /** Returns the path of a trial's result. */
  public static String trialPath(String id) {
    return "trials/" + id + ".json";
  }

  /** Returns the path of a law's result. */
  public static String lawPath(String id) {
    return "laws/" + id + ".json";
  }

  private RunException unwritable(IOException e) {
    return new RunException(
        ExitCode.ENVIRONMENT,
        "cannot write to %s (%s). Finished trials are kept; make room or fix the folder and run"
                .formatted(root, StoredFiles.reason(e))
            + " the same command again",
        e);
  }
}
