// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.study.Study;
import org.rigor.run.study.StudyFile;
import org.rigor.run.trial.DataIdentity;
import org.rigor.run.trial.Expansion;
import org.rigor.run.trial.Identity;
import org.rigor.run.trial.NetworkIdentity;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialResult;
import org.rigor.run.yaml.Canonical;
import org.rigor.run.yaml.SpecException;

/**
 * A run as described by its folder, without an engine.
 *
 * @param folder where it is
 * @param study what was run
 * @param trials of the study, in order
 * @param everyArm the trials of every arm: a shared trial appears under each of its arms
 * @param results of those trials that have one, by id
 * @param doubted results that pass their own checksum but not the manifest's
 * @param damages files that exist but cannot be used
 */
public record RunRecord(
    RunFolder folder,
    StudyFile study,
    List<Trial> trials,
    List<Trial> everyArm,
    Map<String, TrialResult> results,
    Map<String, TrialResult> doubted,
    ProvenanceFile provenance,
    List<Damage> damages) {

  /**
   * Reads a run folder. Damaged results are left out and listed in {@code damages}.
   *
   * @throws RunException with exit code 2 if it is not a run folder, 4 if its description is
   *     damaged
   */
  public static RunRecord open(Path root) {
    return open(RunHead.open(root));
  }

  /** Reads the rest of a run folder, as {@link #open(Path)} does. */
  public static RunRecord open(RunHead head) {
    if (head.study().theory()) {
      throw new RunException(ExitCode.USAGE, head.folder().root() + " is a run of a study of laws");
    }
    try {
      StudyFile study = StudyFile.of(head.study());
      RunFacts facts = head.provenance().head();
      Function<Study, Identity> identity =
          s -> {
            DataIdentity data = facts.data().get(Canonical.identity(s.data()).toString());
            if (data == null) {
              throw new DamagedException(
                  ProvenanceFile.FILE,
                  "data lacks " + Canonical.identity(s.data()) + " of spec.yaml");
            }
            List<NetworkIdentity> networks =
                facts.networks().getOrDefault(Canonical.identity(s.model()).toString(), List.of());
            return new Identity(data.sha256(), facts.deviceKind(), facts.numerics(), networks);
          };
      List<Trial> everyArm = Expansion.everyArm(study, identity);
      List<Trial> trials = Expansion.distinct(everyArm);
      StoredFiles.Results<TrialResult> found = head.folder().stored().results(trials);
      List<Damage> damages = new ArrayList<>(head.folder().stored().damages());
      damages.addAll(found.damages());
      damages.addAll(head.folder().stored().metrics(m -> {}));
      return new RunRecord(
          head.folder(),
          study,
          trials,
          everyArm,
          found.sound(),
          found.doubted(),
          head.provenance(),
          damages);
    } catch (IOException | SpecException | DamagedException | IllegalArgumentException e) {
      throw head.damaged(e);
    }
  }

  /** Returns a run from what its process holds in memory. */
  public static RunRecord of(
      RunFolder folder, StudyFile study, List<Trial> everyArm, Map<String, TrialResult> results) {
    return new RunRecord(
        folder,
        study,
        Expansion.distinct(everyArm),
        everyArm,
        results,
        Map.of(),
        folder.stored().provenance(),
        folder.stored().damages());
  }

  /** Returns the data sets. */
  public List<DataIdentity> data() {
    return List.copyOf(provenance.head().data().values());
  }

  /** Returns the run that made a trial's result. */
  public RunFacts maker(Trial t) {
    return provenance.run(folder.stored().run(RunFolder.trialPath(t.id())));
  }
}
