// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.io.PrintWriter;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.plugin.Plugins;
import picocli.CommandLine;

/** Entry point of the command line. */
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    Terminal.takeStandardError();
    System.exit(run(args));
  }

  /** Runs a command and returns its exit code. */
  public static int run(String... args) {
    CommandLine line = Rigor.line(args);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setUsageHelpWidth(100);
    line.setExecutionExceptionHandler(new Failures());
    line.setExecutionStrategy(new Execution(line));
    line.setParameterExceptionHandler(new Misuse());
    try {
      return line.execute(args);
    } catch (OutOfMemoryError e) {
      System.err.printf(
          "rigor: out of memory: %s (the heap is %,d MiB). Give Java more with"
              + " RIGOR_JAVA_OPTS=-Xmx8g%n",
          e.getMessage(), Runtime.getRuntime().maxMemory() >> 20);
      return ExitCode.ENVIRONMENT.code();
    }
  }

  // No lambdas: a class archive with lambdas of picocli's methods leaves picocli's classes out.

  /** Loads plugins, then runs the last command. */
  private static final class Execution implements CommandLine.IExecutionStrategy {
    private final CommandLine line;

    Execution(CommandLine line) {
      this.line = line;
    }

    @Override
    public int execute(CommandLine.ParseResult parsed) {
      try {
        Plugins.use(Rigor.plugins(line));
      } catch (RunException e) {
        throw new CommandLine.ExecutionException(line, e.getMessage(), e);
      }
      return new CommandLine.RunLast().execute(parsed);
    }
  }

  /** Says what was wrong with the arguments. */
  private static final class Misuse implements CommandLine.IParameterExceptionHandler {
    @Override
    public int handleParseException(CommandLine.ParameterException e, String[] args) {
      PrintWriter err = e.getCommandLine().getErr();
      err.println("rigor: " + e.getMessage());
      CommandLine.UnmatchedArgumentException.printSuggestions(e, err);
      err.printf(
          "'%s --help' shows the options and an example%n",
          e.getCommandLine().getCommandSpec().qualifiedName());
      return 2;
    }
  }
}
