// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
      "             reproduced, 2 usage, 3 device or environment, 4 data, 5 a property is neither",
      "             verified nor violated, 130 or 143 interrupted"
    })
final class Rigor implements Runnable {
  /** The commands by name, in the order of the help. */
  private static final Map<String, Class<?>> COMMANDS = new LinkedHashMap<>();

  static {
    COMMANDS.put("run", RunCommand.class);
    COMMANDS.put("plan", PlanCommand.class);
    COMMANDS.put("list", ListCommand.class);
    COMMANDS.put("report", ReportCommand.class);
    COMMANDS.put("compare", CompareCommand.class);
    COMMANDS.put("reproduce", ReproduceCommand.class);
    COMMANDS.put("attack", AttackCommand.class);
    COMMANDS.put("distance", DistanceCommand.class);
    COMMANDS.put("lipschitz", LipschitzCommand.class);
    COMMANDS.put("certify", CertifyCommand.class);
    COMMANDS.put("check", CheckCommand.class);
    COMMANDS.put("audit", AuditCommand.class);
    COMMANDS.put("export", ExportCommand.class);
    COMMANDS.put("mean", MeanCommand.class);
    COMMANDS.put("preprocess", PreprocessCommand.class);
    COMMANDS.put("vnnlib", VnnlibCommand.class);
    COMMANDS.put("bench", BenchCommand.class);
    COMMANDS.put("explain", ExplainCommand.class);
    COMMANDS.put("doctor", DoctorCommand.class);
  }

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

  /**
   * Returns the command line for these arguments. It has one command where the arguments begin with
   * its name, options without a value apart: to read the declarations of all takes 0.1 s. No lambda
   * here, see {@link Main}.
   */
  static CommandLine line(String... args) {
    CommandLine line = new CommandLine(new Rigor());
    String first = "none";
    for (int i = args.length - 1; i >= 0; i--) {
      first = args[i].startsWith("-") ? first : args[i];
    }
    if (COMMANDS.containsKey(first)) {
      line.addSubcommand(COMMANDS.get(first));
    } else {
      for (Class<?> command : COMMANDS.values()) {
        line.addSubcommand(command);
      }
    }
    return line;
  }

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
