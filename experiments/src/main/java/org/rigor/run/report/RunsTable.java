// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rigor.run.store.ProvenanceFile;
import org.rigor.run.store.RunFacts;
import org.rigor.run.store.RunFolder;

/** The runs that made the results of a folder: a row each, in their order. */
final class RunsTable {
  private RunsTable() {}

  /** Returns the table; empty if no run is recorded. */
  static Optional<Table> of(RunFolder folder, ProvenanceFile provenance) {
    Map<Integer, Integer> stored = folder.stored().resultsByRun();
    List<List<String>> rows = new ArrayList<>();
    for (RunFacts run : provenance.runs()) {
      int number = rows.size() + 1;
      // A killed run has not listed its results; a run whose results were replaced has listed them.
      int made = Math.max(run.trials().size(), stored.getOrDefault(number, 0));
      rows.add(
          List.of(
              Integer.toString(number),
              run.started().replaceFirst("T", " ").replaceFirst("[.][0-9]+", ""),
              String.join(" ", run.command()) + (run.from().isEmpty() ? "" : ", in " + run.from()),
              version(run),
              run.device(),
              made == 0 ? "-" : Integer.toString(made)));
    }
    return rows.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Table(List.of("run", "started", "command", "rigor", "device", "made"), rows, 5));
  }

  private static String version(RunFacts run) {
    String commit = run.commit().substring(0, Math.min(7, run.commit().length()));
    return run.rigor() + (commit.isEmpty() ? "" : " (" + commit + ")");
  }
}
