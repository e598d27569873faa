// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.rigor.attack.Attacks;
import org.rigor.data.Box;
import org.rigor.io.AtomicFile;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.analysis.AnalysisJson;
import org.rigor.run.analysis.Made;
import org.rigor.run.yaml.Names;
import org.rigor.run.yaml.Numbers;
import org.rigor.threat.Distance;
import org.rigor.threat.Norm;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Options of commands about a user's own network. */
final class ModelOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(names = "--model", paramLabel = "FILE", description = "Network as an ONNX file.")
  private Path model;

  @Option(
      names = "--output",
      paramLabel = "NAME",
      description = "Output of the network that ranks classes (default: the first).")
  private String output;

  @Option(
      names = "--box",
      paramLabel = "LO,HI",
      defaultValue = "0,1",
      description = "Range of the inputs, or none (default: ${DEFAULT-VALUE}).")
  private String box;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Write the result here; - is standard output, which then has nothing else.")
  private Path json;

  /** Returns the network's file, once it is sure that the result can be written. */
  Path model() {
    checkOutput();
    return present(given(model, "--model=FILE"), "network");
  }

  /** Returns the name of the output, if one is asked for. */
  Optional<String> output() {
    return Optional.ofNullable(output);
  }

  /** Requires that the result can be written. */
  void checkOutput() {
    if (json != null && !standardOutput(json)) {
      writable(json);
    }
  }

  /** Returns whether a network is named. */
  boolean named() {
    return model != null;
  }

  /** Returns the value of an option that is required for what the command is asked. */
  <T> T given(T value, String option) {
    if (value == null) {
      throw new ParameterException(spec.commandLine(), "Missing required option: '" + option + "'");
    }
    return value;
  }

  /** Refuses options that would be ignored. */
  static void refuse(CommandSpec of, String why, String... options) {
    for (String o : options) {
      if (of.commandLine().getParseResult().hasMatchedOption(o)) {
        throw new RunException(ExitCode.USAGE, o + ": " + why);
      }
    }
  }

  /** Returns a file that may be written, so that no work is done for a result that is lost. */
  static Path writable(Path file) {
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new RunException(
          ExitCode.ENVIRONMENT, "cannot write " + file + ": there is no folder " + folder);
    }
    if (Files.isDirectory(file) || !Files.isWritable(folder)) {
      throw new RunException(
          ExitCode.ENVIRONMENT,
          "cannot write %s: %s"
              .formatted(
                  file, Files.isDirectory(file) ? "it is a folder" : "the folder is read-only"));
    }
    return file;
  }

  static Path present(Path file, String what) {
    if (!Files.exists(file)) {
      throw new RunException(ExitCode.DATA, "no " + what + " at " + file);
    }
    if (Files.isDirectory(file)) {
      throw new RunException(ExitCode.DATA, file + " is a folder, not a file with a " + what);
    }
    if (!Files.isReadable(file)) {
      throw new RunException(ExitCode.DATA, "the %s at %s may not be read".formatted(what, file));
    }
    return file;
  }

  /** Returns the path of an existing data set: a file, or a folder of images. */
  static Path presentData(Path data) {
    return Files.isDirectory(data) ? data : present(data, "data set");
  }

  Box box() {
    if (box.equals("none")) {
      return Box.NONE;
    }
    String[] ends = box.split(",", -1);
    try {
      if (ends.length == 2) {
        double low = Numbers.parse(ends[0]);
        double high = Numbers.parse(ends[1]);
        if (low < high) {
          return new Box(low, high);
        }
      }
    } catch (NumberFormatException e) {
      throw new RunException(ExitCode.USAGE, "--box: " + e.getMessage());
    }
    throw new RunException(
        ExitCode.USAGE, "--box: expected LO,HI with LO < HI, or none, got '" + box + "'");
  }

  /** Returns how a report that ends now was made. */
  Made made() {
    return new Made(CommandText.given(spec), Instant.now());
  }

  /**
   * Prints a report and writes its file, both with the notes on how the subject was read. If the
   * file is standard output, only the file goes there.
   */
  void report(String text, String file, List<String> notes) {
    boolean only = standardOutput(json);
    PrintStream shown = only ? System.err : System.out;
    shown.print(text);
    notes.forEach(n -> shown.println("note: " + n));
    if (only) {
      System.out.print(AnalysisJson.noted(file, notes));
    } else if (json != null) {
      AtomicFile.write(json, AnalysisJson.noted(file, notes));
    }
  }

  /** Returns whether a file named on a command line stands for standard output. */
  static boolean standardOutput(Path file) {
    return file != null && file.toString().equals("-");
  }

  static double epsilon(double epsilon) {
    if (!(epsilon >= 0)) {
      throw new RunException(ExitCode.USAGE, "--epsilon: must be >= 0, got " + epsilon);
    }
    return epsilon;
  }

  /** Requires radii to ascend. */
  static void epsilons(List<Double> all) {
    for (int i = 0; i < all.size(); i++) {
      if (i > 0 && !(all.get(i) > all.get(i - 1))) {
        throw new RunException(ExitCode.USAGE, "--epsilons: must ascend, got " + all);
      }
      epsilon(all.get(i));
    }
  }

  /** Refuses an attack that does not know a norm. */
  static void takes(String attack, String norm) {
    if (!Attacks.some(attack).takes(distance(norm))) {
      throw new RunException(
          ExitCode.USAGE,
          "--attack %s takes --norm %s, got %s"
              .formatted(
                  attack,
                  Distance.all().stream()
                      .filter(Attacks.some(attack)::takes)
                      .map(n -> Names.kebab(n.name()))
                      .collect(Collectors.joining(" or ")),
                  norm));
    }
  }

  /** Returns a distance in which attacks work. */
  static Distance distance(String text) {
    return Distance.all().stream()
        .filter(d -> Names.kebab(d.name()).equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                new RunException(
                    ExitCode.USAGE, "--norm: expected linf, l2, l1 or l0, got '" + text + "'"));
  }

  static Norm norm(String text) {
    return switch (text) {
      case "linf" -> Norm.LINF;
      case "l2" -> Norm.L2;
      default ->
          throw new RunException(ExitCode.USAGE, "--norm: expected linf or l2, got '" + text + "'");
    };
  }
}
