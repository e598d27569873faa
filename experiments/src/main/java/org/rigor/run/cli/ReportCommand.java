// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import org.rigor.run.store.RunHead;
import org.rigor.run.store.RunRecord;
import org.rigor.run.store.TheoryRecord;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** The command that writes a run's report again. */
@Command(
    name = "report",
    mixinStandardHelpOptions = true,
    description = "Writes figures and report.html of a run folder again and prints the table.",
    footer = {"", "Example:  ./rigor report runs/quickstart"})
final class ReportCommand implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "RUN", description = "Run folder.")
  private Path run;

  @Override
  public Integer call() {
    RunHead head = RunHead.open(run);
    if (head.study().theory()) {
      return TheoryJob.conclude(TheoryRecord.open(head), Map.of(), false, System.out).exit();
    }
    RunRecord record = RunRecord.open(head);
    return Conclusion.write(record, record.results(), Shard.ALL, true, false, System.out).exit();
  }
}
