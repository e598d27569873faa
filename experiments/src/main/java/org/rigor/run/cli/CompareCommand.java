// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.rigor.run.report.Comparison;
import org.rigor.run.store.RunRecord;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Sets two runs side by side. */
@Command(
    name = "compare",
    mixinStandardHelpOptions = true,
    description = "Shows where two runs differ in configuration and in results, with paired tests.",
    footer = {
      "",
      "Example:  ./rigor compare runs/quickstart runs/quickstart+training.methods.pgd.epsilon=0.1"
    })
final class CompareCommand implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "A", description = "Run folder.")
  private Path a;

  @Parameters(index = "1", paramLabel = "B", description = "Run folder.")
  private Path b;

  @Override
  public Integer call() {
    System.out.print(Comparison.text(RunRecord.open(a), RunRecord.open(b)));
    return 0;
  }
}
