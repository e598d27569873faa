// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.Optional;

/**
 * {@code summary.json}: how a run ended, for lists of runs.
 *
 * @param study name of the study
 * @param exit exit code
 * @param result what was measured, in brief
 * @param claims claims that hold, for example {@code 3 of 3}; {@code -} if there are none
 * @param seconds of this run, without earlier runs
 * @param finished when it ended, in ISO 8601
 * @param device kind of the device
 * @param smoke whether it ran at the small size
 * @param total number of trials or laws; -1 if version 0.1 wrote the summary
 * @param stored how many have a result
 * @param failed how many trials did not finish, or laws disagree
 * @param laws whether it is a study of laws
 * @param figure its first figure, a path in the run folder; empty if there is none
 */
public record RunSummary(
    String study,
    int exit,
    String result,
    String claims,
    double seconds,
    String finished,
    String device,
    boolean smoke,
    int total,
    int stored,
    int failed,
    boolean laws,
    String figure) {
  private static final String FILE = "summary.json";

  /** Writes it into a run folder. */
  public void write(RunFolder folder) {
    JsonObject o = new JsonObject();
    o.addProperty("study", study);
    o.addProperty("exit", exit);
    o.addProperty("result", result);
    o.addProperty("claims", claims);
    o.addProperty("seconds", Math.round(10 * seconds) / 10.0);
    o.addProperty("finished", finished);
    o.addProperty("device", device);
    o.addProperty("smoke", smoke);
    o.addProperty("total", total);
    o.addProperty("stored", stored);
    o.addProperty("failed", failed);
    o.addProperty("laws", laws);
    o.addProperty("figure", figure);
    folder.write(FILE, o + "\n");
  }

  /**
   * Returns the summary in a run folder; empty if it has none.
   *
   * @throws DamagedException if it has one that cannot be read
   */
  public static Optional<RunSummary> read(Path folder) {
    return RunFolder.at(folder).stored().read(FILE, RunSummary::of);
  }

  private static RunSummary of(byte[] bytes) {
    Fields f = Fields.read(FILE, bytes);
    return new RunSummary(
        f.text("study"),
        f.integer("exit"),
        f.text("result"),
        f.text("claims"),
        f.number("seconds"),
        f.text("finished"),
        f.text("device"),
        f.flag("smoke"),
        f.has("total") ? f.integer("total") : -1,
        f.has("stored") ? f.integer("stored") : 0,
        f.has("failed") ? f.integer("failed") : 0,
        f.has("laws") && f.flag("laws"),
        f.text("figure"));
  }
}
