// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.bench.ResultComparison;
import org.rigor.run.report.Comparison;
import org.rigor.run.report.LawComparison;
import org.rigor.run.store.Damage;
import org.rigor.run.store.RunHead;
import org.rigor.run.store.RunRecord;
import org.rigor.run.store.TheoryRecord;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** The command that sets two runs, or two results of {@code bench}, side by side. */
@Command(
    name = "compare",
    mixinStandardHelpOptions = true,
    description = {
      "Shows where two runs differ in configuration and in results, with paired tests.",
      "Of two JSON files that bench wrote, shows the times in one table."
    },
    footer = {
      "",
      "Example:  ./rigor compare runs/quickstart runs/quickstart+training.methods.pgd.epsilon=0.1"
    })
final class CompareCommand implements Callable<Integer> {
  @Parameters(
      index = "0",
      paramLabel = "A",
      description = "Run folder, or folder or JSON of bench.")
  private Path a;

  @Parameters(
      index = "1",
      paramLabel = "B",
      description = "Run folder, or folder or JSON of bench.")
  private Path b;

  @Override
  public Integer call() throws IOException {
    Path left = result(a);
    Path right = result(b);
    if (Files.isRegularFile(left) && Files.isRegularFile(right)) {
      System.out.print(
          ResultComparison.text(ResultComparison.read(left), ResultComparison.read(right)));
      return 0;
    }
    RunHead headA = RunHead.open(a);
    RunHead headB = RunHead.open(b);
    boolean laws = headA.study().theory();
    if (laws != headB.study().theory()) {
      throw new RunException(
          ExitCode.USAGE, "one of %s and %s is a run of laws, the other is not".formatted(a, b));
    }
    if (laws) {
      TheoryRecord x = TheoryRecord.open(headA);
      TheoryRecord y = TheoryRecord.open(headB);
      System.out.print(LawComparison.text(x, y));
      return exit(x.damages(), y.damages());
    }
    RunRecord x = RunRecord.open(headA);
    RunRecord y = RunRecord.open(headB);
    System.out.print(Comparison.text(x, y));
    return exit(x.damages(), y.damages());
  }

  private static int exit(List<Damage> a, List<Damage> b) {
    return (a.isEmpty() && b.isEmpty() ? ExitCode.OK : ExitCode.DATA).code();
  }

  /** Returns the result in a folder that bench wrote, or the path unchanged. */
  private static Path result(Path given) {
    Path json = given.resolve("bench.json");
    return Files.isRegularFile(json) ? json : given;
  }
}
