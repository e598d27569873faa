// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import com.google.gson.JsonParseException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.rigor.io.AtomicFile;
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
 * of laws has {@code laws/*.json} and {@code laws.tsv} instead of trials. Every file but the
 * metrics is written whole or not at all.
 */
public final class RunFolder {
  private static final List<String> PARTS =
      List.of("trials", "models", "arrays", "figures", "packs");
  private static final List<String> THEORY_PARTS = List.of("laws", "figures");

  private final Path root;
  private final Metrics metrics;

  private RunFolder(Path root) {
    this.root = root;
    this.metrics = new Metrics(root.resolve("metrics.jsonl"));
  }

  /** Returns the folder as it is, without touching it. */
  public static RunFolder at(Path root) {
    return new RunFolder(root);
  }

  /**
   * Creates the folder and its parts where they are missing.
   *
   * @throws RunException with exit code 3 if that cannot be done
   */
  public static RunFolder create(Path root) {
    return create(root, PARTS);
  }

  /**
   * Creates the folder of a study of laws and its parts where they are missing.
   *
   * @throws RunException with exit code 3 if that cannot be done
   */
  public static RunFolder createTheory(Path root) {
    return create(root, THEORY_PARTS);
  }

  private static RunFolder create(Path root, List<String> parts) {
    try {
      for (String part : parts) {
        Files.createDirectories(root.resolve(part));
      }
      Path probe = Files.createTempFile(root, ".probe", ".tmp");
      Files.delete(probe);
    } catch (IOException e) {
      throw new RunException(
          ExitCode.ENVIRONMENT,
          "cannot write to the run folder %s (%s); choose another with --out DIR"
              .formatted(root, reason(e)),
          e);
    }
    return new RunFolder(root);
  }

  public Path root() {
    return root;
  }

  public Path report() {
    return root.resolve("report.html");
  }

  /** Removes temporary files that a killed run left. Only for the holder of the lock. */
  public void sweep() {
    remove(root, ".*.tmp");
    Stream.of(PARTS, THEORY_PARTS)
        .flatMap(List::stream)
        .filter(part -> Files.isDirectory(root.resolve(part)))
        .forEach(part -> remove(root.resolve(part), ".*.tmp"));
    try {
      metrics.mend();
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  /** Returns the stored result, or empty if there is none or it is torn. */
  public Optional<TrialResult> load(String trialId) {
    Path file = trialFile(trialId);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      TrialResult r = TrialJson.read(Files.readString(file, StandardCharsets.UTF_8));
      if (!r.id().equals(trialId)) {
        throw new JsonParseException("it is the result of " + r.id());
      }
      return Optional.of(r);
    } catch (JsonParseException | IOException e) {
      return Optional.empty();
    }
  }

  /** Returns the stored result of a law, or empty if there is none or it is torn. */
  public Optional<LawResult> loadLaw(String id) {
    Path file = lawFile(id);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      LawResult r = LawJson.read(Files.readString(file, StandardCharsets.UTF_8));
      return r.id().equals(id) ? Optional.of(r) : Optional.empty();
    } catch (JsonParseException | IOException e) {
      return Optional.empty();
    }
  }

  /** Stores what a law found; when this returns it survives a kill. */
  public void saveLaw(LawTrial trial, LawResult result) {
    write("laws/" + trial.id() + ".json", LawJson.write(trial, result));
  }

  /** Takes over what a law found from another run folder; false if that has it not. */
  public boolean adoptLaw(RunFolder other, LawTrial trial) {
    if (other.loadLaw(trial.id()).isEmpty()) {
      return false;
    }
    try {
      write(
          "laws/" + trial.id() + ".json",
          Files.readString(other.lawFile(trial.id()), StandardCharsets.UTF_8));
      return true;
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private Path lawFile(String id) {
    return root.resolve("laws").resolve(id + ".json");
  }

  /** Returns the trials whose file is there but unreadable, torn or changed. */
  public List<String> damaged(List<Trial> trials) {
    List<String> out = new ArrayList<>();
    for (Trial t : trials) {
      if (Files.exists(trialFile(t.id())) && load(t.id()).isEmpty()) {
        out.add(t.id());
      }
    }
    return out;
  }

  /** Stores a result; when this returns it survives a kill. */
  public void save(Trial trial, TrialResult result) {
    write("trials/" + trial.id() + ".json", TrialJson.write(trial, result));
  }

  /**
   * Takes over results, with the files named after them and their metrics, from another run folder.
   *
   * @return those that were there
   */
  public List<Trial> adopt(RunFolder other, List<Trial> trials) {
    List<Trial> found = trials.stream().filter(t -> other.load(t.id()).isPresent()).toList();
    if (found.isEmpty()) {
      return found;
    }
    try {
      metrics.adopt(other.metrics, found.stream().map(Trial::id).collect(Collectors.toSet()));
      for (Trial t : found) {
        copyFiles(other, "models", t.modelId());
        copyFiles(other, "arrays", t.id());
        String text = Files.readString(other.trialFile(t.id()), StandardCharsets.UTF_8);
        write("trials/" + t.id() + ".json", text);
      }
      return found;
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private void copyFiles(RunFolder other, String part, String prefix) throws IOException {
    Path from = other.root.resolve(part);
    if (!Files.isDirectory(from)) {
      return;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(from, prefix + "*")) {
      for (Path f : files) {
        Path to = root.resolve(part).resolve(f.getFileName());
        if (!Files.exists(to)) {
          AtomicFile.write(to, out -> Files.copy(f, out));
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
    try {
      AtomicFile.write(resolve(path), content);
    } catch (UncheckedIOException e) {
      throw unwritable(e.getCause());
    }
  }

  /** Returns the file, or empty if it is not there. */
  public Optional<Path> existing(String path) {
    Path file = resolve(path);
    return Files.exists(file) ? Optional.of(file) : Optional.empty();
  }

  /** Moves a damaged trial aside, so that it is redone and can still be looked at. */
  public void setAside(String trialId) {
    try {
      Path file = trialFile(trialId);
      Path aside = file.resolveSibling(trialId + ".damaged");
      Files.move(file, aside, StandardCopyOption.REPLACE_EXISTING);
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
    remove(root.resolve("packs"), "*");
    dropMetrics(trials.stream().map(Trial::id).collect(Collectors.toSet()), -1);
  }

  /** Removes a file of the folder if it is there. */
  public void remove(String path) {
    try {
      Files.deleteIfExists(resolve(path));
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private void remove(Path part, String pattern) {
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
      metrics.append(lines);
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  /** Drops the metrics that former runs wrote of these trials behind a step. */
  public void dropMetrics(Set<String> trialIds, long after) {
    try {
      metrics.drop(trialIds, after);
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private Path resolve(String path) {
    Path file = root.resolve(path).normalize();
    if (!file.startsWith(root.normalize())) {
      throw new IllegalArgumentException("'" + path + "' leaves the run folder");
    }
    return file;
  }

  private Path trialFile(String id) {
    return root.resolve("trials").resolve(id + ".json");
  }

  private RunException unwritable(IOException e) {
    return new RunException(
        ExitCode.ENVIRONMENT,
        "cannot write to %s (%s). Finished trials are kept; make room or fix the folder and run"
                .formatted(root, reason(e))
            + " the same command again",
        e);
  }

  private static String reason(IOException e) {
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
