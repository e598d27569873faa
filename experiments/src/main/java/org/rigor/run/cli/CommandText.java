// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.rigor.run.plugin.Plugins;
import picocli.CommandLine.Model.CommandSpec;

/**
 * Command lines to print, quoted for a shell. They work as printed: they start with the launcher as
 * it was called and carry every option that decides what is read and written.
 */
final class CommandText {
  private static final Set<String> OF_ONE_RUN = Set.of("--force", "--shard", "--out");

  private CommandText() {}

  /**
   * Returns the words of a {@code run} command.
   *
   * @param packs null if not given
   */
  static List<String> run(
      StudyOptions study, DeviceOptions device, Integer packs, Shard shard, boolean force) {
    List<String> out = new ArrayList<>(List.of(launcher(), "run"));
    study.paths().forEach(p -> out.add(quote(p.toString())));
    study.overrides().forEach(o -> out.add(quote(o)));
    if (study.smoke()) {
      out.add("--smoke");
    }
    out.addAll(outOption(study.out()));
    out.addAll(options(device));
    if (packs != null) {
      out.addAll(List.of("--packs", packs.toString()));
    }
    if (!shard.whole()) {
      out.addAll(List.of("--shard", shard.toString()));
    }
    if (force) {
      out.add("--force");
    }
    return out;
  }

  /**
   * Returns the words of a {@code reproduce} command.
   *
   * @param folder null if not given
   */
  static List<String> reproduce(Path run, Path folder, DeviceOptions device) {
    List<String> out = new ArrayList<>(List.of(launcher(), "reproduce", quote(run.toString())));
    if (folder != null) {
      out.addAll(List.of("--out", quote(folder.toString())));
    }
    out.addAll(options(device));
    return out;
  }

  /** Returns the command that resumes an interrupted one. */
  static String resume(List<String> words) {
    return String.join(" ", words.stream().filter(w -> !w.equals("--force")).toList());
  }

  /**
   * Returns the command that runs a study with a change, keeping the other run's options; empty if
   * another command made that run.
   *
   * @param words of the command that made the run
   * @param study the study's file
   * @param change key and value
   * @param out folder of the run folders
   */
  static Optional<String> changed(List<String> words, String study, String change, Path out) {
    if (words.size() < 2 || !words.get(1).equals("run")) {
      return Optional.empty();
    }
    List<String> next = new ArrayList<>(List.of(launcher(), "run", quote(study), quote(change)));
    next.addAll(outOption(out));
    boolean option = false;
    boolean kept = false;
    for (String w : words) {
      boolean name = w.startsWith("--");
      option |= name;
      kept = name ? !OF_ONE_RUN.contains(w) : kept;
      if (option && kept) {
        next.add(w);
      }
    }
    return Optional.of(String.join(" ", next));
  }

  /** Returns the command that compares two runs. */
  static String compare(Path a, Path b) {
    return String.join(" ", launcher(), "compare", quote(a.toString()), quote(b.toString()));
  }

  private static List<String> outOption(Path out) {
    return out.toString().equals("runs") ? List.of() : List.of("--out", quote(out.toString()));
  }

  private static List<String> options(DeviceOptions device) {
    List<String> out = new ArrayList<>();
    var request = device.request();
    if (!request.device().equals("auto")) {
      out.addAll(List.of("--device", quote(request.device())));
    }
    request.dataFolder().ifPresent(d -> out.addAll(List.of("--data-dir", quote(d.toString()))));
    Plugins.jars().keySet().forEach(jar -> out.addAll(List.of("--plugin", quote(jar.toString()))));
    return out;
  }

  /** Returns the words of the command line that is being run, as they were given. */
  static List<String> given(CommandSpec spec) {
    List<String> out = new ArrayList<>(List.of(launcher()));
    spec.root().commandLine().getParseResult().originalArgs().forEach(a -> out.add(quote(a)));
    return out;
  }

  /** Returns the launcher as it was called. */
  static String launcher() {
    return quote(System.getProperty("rigor.command", "./rigor"));
  }

  static String quote(String text) {
    return text.matches("[A-Za-z0-9_@%+=:,./-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
  }
}
