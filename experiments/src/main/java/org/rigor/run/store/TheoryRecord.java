// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.theory.LawResult;
import org.rigor.run.theory.LawTrial;
import org.rigor.run.theory.TheoryFile;

/**
 * A run of a study of laws as its folder describes it, without an engine.
 *
 * @param folder where it is
 * @param study what was run
 * @param trials its laws, in order
 * @param results of those laws that have one, by id of the trial
 * @param provenance the whole of {@code provenance.json}
 */
public record TheoryRecord(
    RunFolder folder,
    TheoryFile study,
    List<LawTrial> trials,
    Map<String, LawResult> results,
    JsonObject provenance) {

  /**
   * Reads a run folder.
   *
   * @throws RunException with exit code 2 if it is none, or one of another kind of study
   */
  public static TheoryRecord open(Path root) {
    RunFolder folder = RunFolder.at(root);
    RunHead head = RunHead.open(root);
    if (!head.study().theory()) {
      throw new RunException(ExitCode.USAGE, root + " is no run of a study of laws");
    }
    try {
      TheoryFile study = TheoryFile.of(head.study());
      List<LawTrial> trials =
          LawTrial.of(
              study.study(),
              head.provenance().get("device-kind").getAsString(),
              head.provenance().get("numerics").getAsInt());
      return new TheoryRecord(folder, study, trials, stored(folder, trials), head.provenance());
    } catch (IOException | RuntimeException e) {
      throw head.damaged(e);
    }
  }

  /** Returns the results that are stored, in the order of the trials. */
  public static Map<String, LawResult> stored(RunFolder folder, List<LawTrial> trials) {
    Map<String, LawResult> out = new LinkedHashMap<>();
    trials.forEach(t -> folder.loadLaw(t.id()).ifPresent(r -> out.put(t.id(), r)));
    return out;
  }
}
