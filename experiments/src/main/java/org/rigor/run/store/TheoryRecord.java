// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.theory.LawResult;
import org.rigor.run.theory.LawTrial;
import org.rigor.run.theory.TheoryFile;
import org.rigor.run.yaml.SpecException;

/**
 * A run of a study of laws as described by its folder, without an engine.
 *
 * @param folder where it is
 * @param study what was run
 * @param trials its laws, in order
 * @param results of those laws that have one, by id of the trial
 * @param damages files that exist but cannot be used
 */
public record TheoryRecord(
    RunFolder folder,
    TheoryFile study,
    List<LawTrial> trials,
    Map<String, LawResult> results,
    ProvenanceFile provenance,
    List<Damage> damages) {

  /**
   * Reads a run folder.
   *
   * @throws RunException with exit code 2 if it is not the run folder of a study of laws, 4 if its
   *     description is damaged
   */
  public static TheoryRecord open(Path root) {
    return open(RunHead.open(root));
  }

  /** Reads the rest of a run folder, as {@link #open(Path)} does. */
  public static TheoryRecord open(RunHead head) {
    if (!head.study().theory()) {
      throw new RunException(
          ExitCode.USAGE, head.folder().root() + " is no run of a study of laws");
    }
    try {
      TheoryFile study = TheoryFile.of(head.study());
      RunFacts facts = head.provenance().head();
      List<LawTrial> trials = LawTrial.of(study.study(), facts.deviceKind(), facts.numerics());
      StoredFiles.Results<LawResult> found = head.folder().stored().lawResults(trials);
      List<Damage> damages = new ArrayList<>(head.folder().stored().damages());
      damages.addAll(found.damages());
      return new TheoryRecord(
          head.folder(), study, trials, found.sound(), head.provenance(), damages);
    } catch (IOException | SpecException | DamagedException | IllegalArgumentException e) {
      throw head.damaged(e);
    }
  }

  /** Returns the run that made a law's result. */
  public RunFacts maker(LawTrial t) {
    return provenance.run(folder.stored().run(RunFolder.lawPath(t.id())));
  }

  /** Returns the stored results, in the order of the trials. */
  public static Map<String, LawResult> stored(RunFolder folder, List<LawTrial> trials) {
    return folder.stored().lawResults(trials).sound();
  }
}
