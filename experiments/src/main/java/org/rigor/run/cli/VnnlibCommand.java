// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.util.concurrent.Callable;
import org.rigor.run.store.Provenance;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * The command line that the standard VNN-LIB 2.0 asks of solvers, chapter 5: {@code rigor vnnlib}
 * is the solver.
 */
@Command(
    name = "vnnlib",
    description = "Solver of VNN-LIB queries with the command line of the standard, version 2.0.",
    subcommands = {VnnlibVerify.class, VnnlibSupports.class},
    footer = {"", "Example:  ./rigor vnnlib verify q.vnnlib --network f=m.onnx --timeout 60"})
final class VnnlibCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(names = "--name", description = "Print the name of the solver.")
  private boolean name;

  @Option(names = "--version", description = "Print its version.")
  private boolean version;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help message and exit.")
  private boolean help;

  @Override
  public Integer call() {
    if (name) {
      System.out.println("Rigor");
    }
    if (version) {
      System.out.println(Provenance.version());
    }
    if (!name && !version) {
      spec.commandLine().usage(System.out);
    }
    return 0;
  }
}
