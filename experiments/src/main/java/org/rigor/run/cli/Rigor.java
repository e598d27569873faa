// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The root of the commands. */
@Command(
    name = "rigor",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "COMMAND",
    description = "Measures how neural networks behave in the worst case, from both sides.",
    footer = {
      "",
      "Start with:  ./rigor run experiments/quickstart.yaml",
      "Exit codes:  0 done, 1 a trial failed, a law or claim is violated or a run is not",
      "             reproduced, 2 usage, 3 device or environment, 4 data, 130 or 143 interrupted"
    },
    subcommands = {
      RunCommand.class,
      PlanCommand.class,
      ListCommand.class,
      ReportCommand.class,
      CompareCommand.class,
      ReproduceCommand.class,
      AttackCommand.class,
      LipschitzCommand.class,
      CertifyCommand.class,
      BenchCommand.class,
      ExplainCommand.class,
      DoctorCommand.class
    })
final class Rigor implements Runnable {
  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "Show stack traces of failures.")
  private boolean debug;

  @Option(
      names = "--plugin",
      scope = ScopeType.INHERIT,
      paramLabel = "JAR",
      description = "Add the laws and measurements of this jar; may be given several times.")
  private List<Path> plugins = new ArrayList<>();

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  static boolean debug(CommandLine line) {
    return top(line).debug;
  }

  static List<Path> plugins(CommandLine line) {
    return top(line).plugins;
  }

  private static Rigor top(CommandLine line) {
    CommandLine top = line;
    while (top.getParent() != null) {
      top = top.getParent();
    }
    return (Rigor) top.getCommand();
  }
}
