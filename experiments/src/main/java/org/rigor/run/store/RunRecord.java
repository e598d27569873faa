// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.study.StudyFile;
import org.rigor.run.trial.DataIdentity;
import org.rigor.run.trial.Expansion;
import org.rigor.run.trial.Identity;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialResult;
import org.rigor.run.yaml.Canonical;
import org.rigor.run.yaml.SpecException;

/**
 * A run as its folder describes it, without an engine.
 *
 * @param folder where it is
 * @param study what was run
 * @param trials of the study, in order
 * @param results of those trials that have one, by id
 * @param data the data sets
 * @param provenance the whole of {@code provenance.json}
 */
public record RunRecord(
    RunFolder folder,
    StudyFile study,
    List<Trial> trials,
    Map<String, TrialResult> results,
    List<DataIdentity> data,
    JsonObject provenance) {

  /**
   * Reads a run folder.
   *
   * @throws RunException with exit code 2 if it is none
   */
  public static RunRecord open(Path root) {
    RunFolder folder = RunFolder.at(root);
    RunHead head = RunHead.open(root);
    if (head.study().theory()) {
      throw new RunException(ExitCode.USAGE, root + " is a run of a study of laws");
    }
    try {
      JsonObject p = head.provenance();
      StudyFile study = StudyFile.of(head.study());
      Map<String, DataIdentity> data = new LinkedHashMap<>();
      for (JsonElement e : p.getAsJsonArray("data")) {
        data.put(e.getAsJsonObject().get("spec").toString(), data(e.getAsJsonObject()));
      }
      String device = p.get("device-kind").getAsString();
      int numerics = p.get("numerics").getAsInt();
      List<Trial> trials =
          Expansion.trials(
              study,
              d ->
                  new Identity(
                      data.get(Canonical.identity(d).toString()).sha256(), device, numerics));
      Map<String, TrialResult> results = new LinkedHashMap<>();
      for (Trial t : trials) {
        folder.load(t.id()).ifPresent(r -> results.put(t.id(), r));
      }
      return new RunRecord(folder, study, trials, results, List.copyOf(data.values()), p);
    } catch (IOException
        | SpecException
        | IllegalStateException
        | ClassCastException
        | NullPointerException e) {
      throw head.damaged(e);
    }
  }

  private static DataIdentity data(JsonObject o) {
    List<Integer> shape = new ArrayList<>();
    o.getAsJsonArray("shape").forEach(e -> shape.add(e.getAsInt()));
    return new DataIdentity(
        o.get("name").getAsString(),
        o.get("sha256").getAsString(),
        shape,
        o.get("classes").getAsInt(),
        o.get("train-samples").getAsInt(),
        o.get("test-samples").getAsInt());
  }
}
