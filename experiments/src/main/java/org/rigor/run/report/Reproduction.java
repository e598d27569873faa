// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.rigor.run.ExitCode;
import org.rigor.run.store.Damage;
import org.rigor.run.store.RunRecord;
import org.rigor.run.store.TheoryRecord;
import org.rigor.run.theory.LawResult;
import org.rigor.run.theory.LawTrial;

/**
 * A run compared with its repetition: everything a run stores except times and derived figures.
 *
 * @param exit 1 if something differs, else 4 if something is damaged or nothing was compared
 * @param text the differences in circumstances and results
 */
public record Reproduction(ExitCode exit, String text) {

  /** Returns why there is nothing to compare with; empty if there is something. */
  public static String nothing(RunRecord before) {
    int whole = before.results().size() + before.doubted().size();
    return whole > 0 ? "" : nothing(before.damages(), before.trials().size(), "trials");
  }

  /** Returns why there is nothing to compare with; empty if there is something. */
  public static String nothing(TheoryRecord before) {
    return before.results().isEmpty()
        ? nothing(before.damages(), before.trials().size(), "laws")
        : "";
  }

  private static String nothing(List<Damage> damages, int all, String what) {
    long damaged =
        damages.stream()
            .filter(d -> d.file().startsWith("trials/") || d.file().startsWith("laws/"))
            .count();
    return damaged == 0
        ? "nothing to compare: none of %d %s is finished".formatted(all, what)
        : "nothing to compare: %d of %d %s are damaged".formatted(damaged, all, what);
  }

  /** Compares two runs of a study of networks, trial by trial. */
  public static Reproduction of(RunRecord before, RunRecord again) {
    return new TrialReproduction(before, again).compare();
  }

  /** Compares two runs of a study of laws, row by row. */
  public static Reproduction of(TheoryRecord before, TheoryRecord again) {
    Tally tally = new Tally();
    boolean allExact = true;
    Map<String, LawTrial> now = new LinkedHashMap<>();
    again.trials().forEach(t -> now.put(t.label(), t));
    for (LawTrial t : before.trials()) {
      LawResult a = before.results().get(t.id());
      LawTrial u = now.get(t.label());
      LawResult b = u == null ? null : again.results().get(u.id());
      if (a == null) {
        continue;
      }
      if (b == null) {
        tally.differs(t.label(), "measured", "not measured", "measured");
        continue;
      }
      boolean exact = Closeness.exact(before.maker(t), again.maker(u));
      allExact &= exact;
      LawReproduction.compare(t.label(), a, b, exact, tally);
    }
    String circumstances =
        Configurations.circumstances(before.provenance(), again.provenance()).text();
    return write(circumstances, allExact, tally, Set.of(), new LinkedHashSet<>(before.damages()));
  }

  static Reproduction write(
      String circumstances, boolean exact, Tally tally, Set<String> left, Set<Damage> damages) {
    StringBuilder out = new StringBuilder();
    out.append(circumstances).append('\n').append(tally.table());
    out.append(Damage.text(List.copyOf(damages)));
    left.forEach(l -> out.append("not compared: ").append(l).append('\n'));
    out.append("not compared: times, and the report and figures, which are drawn from the rest\n");
    int n = tally.compared();
    String verdict =
        tally.different() > 0
            ? tally.different() + " DIFFER"
            : n == 0
                ? "NOTHING COMPARED"
                : "reproduced" + (damages.isEmpty() ? "" : ", but " + damages.size() + " damaged");
    out.append(
        "%d results compared, %s: %s%n"
            .formatted(
                n,
                exact ? "bit for bit" : "within what the distance of the weights allows",
                verdict));
    out.append("compared: ").append(tally.kinds()).append('\n');
    ExitCode exit =
        tally.different() > 0
            ? ExitCode.FAILED
            : n == 0 || !damages.isEmpty() ? ExitCode.DATA : ExitCode.OK;
    return new Reproduction(exit, out.toString());
  }
}
