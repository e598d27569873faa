// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.rigor.io.AtomicFile;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.bench.Bench;
import org.rigor.run.bench.Work;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command that measures the speed of this machine. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    description = "Times works on this machine beside their floors and, if asked, beside peers.",
    footer = {
      "",
      "Close other programs first; the full sizes are meant for a GPU.",
      "",
      "Example:  ./rigor bench kernels adversarial-step --device cpu --small"
    })
final class BenchCommand implements Callable<Integer> {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Parameters(
      arity = "0..*",
      paramLabel = "WORK",
      completionCandidates = WorkNames.class,
      description = "Letters or names of works; all if none is given: ${COMPLETION-CANDIDATES}.")
  private List<String> works = new ArrayList<>();

  @Option(
      names = "--device",
      paramLabel = "KIND",
      defaultValue = "auto",
      description = "auto, cpu, cuda or emulated (default: ${DEFAULT-VALUE}).")
  private String device;

  @Option(
      names = "--peers",
      description =
          "The same in PyTorch, JAX, torchattacks and auto_LiRPA, where python3 has them.")
  private boolean peers;

  @Option(names = "--small", description = "Reduced sizes: a try, in less than a minute.")
  private boolean small;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      converter = NumberConverter.class,
      description = "Time of one timing with at least 7 runs (default: 6, reduced sizes 0.1).")
  private Double seconds;

  @Option(
      names = "--peer-seconds",
      paramLabel = "S",
      converter = NumberConverter.class,
      description =
          "Time of each peer's process, without waiting (default: 600, reduced sizes 60).")
  private Double peerSeconds;

  @Option(names = "--json", paramLabel = "FILE", description = "Write the result here too.")
  private Path json;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "runs/bench",
      description = "Folder of records, result and what peers read (default: ${DEFAULT-VALUE}).")
  private Path out;

  @Option(names = "--add", description = "Keep the records that the folder holds.")
  private boolean add;

  /** Letter and name of the works, for help. */
  static final class WorkNames implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Arrays.stream(Work.values()).map(w -> w.letter() + " " + w.word()).iterator();
    }
  }

  @Override
  public Integer call() throws IOException {
    Path home = Path.of(System.getProperty("rigor.home", "."));
    Bench.Request request =
        new Bench.Request(
            Work.named(works),
            device,
            small,
            peers ? Optional.of(home.resolve("bench/peers")) : Optional.empty(),
            positive("--seconds", seconds, small ? 0.1 : 6),
            positive("--peer-seconds", peerSeconds, small ? 60 : 600),
            out,
            add,
            CommandText.given(spec));
    Bench.Outcome outcome = Bench.run(request);
    if (ModelOptions.standardOutput(json)) {
      System.err.print(outcome.markdown());
      System.out.print(Bench.text(outcome.json()));
      return (outcome.failed().isEmpty() ? ExitCode.OK : ExitCode.FAILED).code();
    }
    System.out.print(outcome.markdown());
    if (json != null) {
      AtomicFile.write(json, Bench.text(outcome.json()));
    }
    System.out.printf("result   %s%n", json != null ? json : out.resolve("bench.json"));
    return (outcome.failed().isEmpty() ? ExitCode.OK : ExitCode.FAILED).code();
  }

  private static double positive(String option, Double given, double usual) {
    if (given != null && !(given > 0)) {
      throw new RunException(ExitCode.USAGE, option + ": must be greater than 0, got " + given);
    }
    return given == null ? usual : given;
  }
}
