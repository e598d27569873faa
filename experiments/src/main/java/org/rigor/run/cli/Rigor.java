// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The commands. */
@Command(
    name = "rigor",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "COMMAND",
    description = "Measures how neural networks behave in the worst case, from both sides.",
    footer = {
      "",
      "Start with:  ./rigor run experiments/quickstart.yaml",
      "Exit codes:  0 done, 1 a trial failed or a claim is violated, 2 usage, 3 device or",
      "             environment, 4 data, 130 or 143 interrupted"
    },
    subcommands = {
      RunCommand.class,
      PlanCommand.class,
      ListCommand.class,
      ReportCommand.class,
      CompareCommand.class,
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

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  static boolean debug(CommandLine line) {
    CommandLine top = line;
    while (top.getParent() != null) {
      top = top.getParent();
    }
    return ((Rigor) top.getCommand()).debug;
  }
}
