// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.study.StudyFile;
import org.rigor.run.study.StudyText;
import org.rigor.run.trial.DataIdentity;
import org.rigor.run.trial.Expansion;
import org.rigor.run.trial.Identity;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialResult;
import org.rigor.run.yaml.Canonical;

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
    Path spec = root.resolve("spec.yaml");
    Path provenanceFile = root.resolve("provenance.json");
    if (!Files.isRegularFile(spec) || !Files.isRegularFile(provenanceFile)) {
      throw new RunException(
          ExitCode.USAGE,
          root
              + " is no run folder: it has no spec.yaml and provenance.json. './rigor list' shows"
              + " the runs there are");
    }
    try {
      JsonObject p = JsonParser.parseString(Files.readString(provenanceFile)).getAsJsonObject();
      List<String> overrides = new ArrayList<>();
      p.getAsJsonArray("overrides").forEach(e -> overrides.add(e.getAsString()));
      boolean smoke = p.has("smoke") && p.get("smoke").getAsBoolean();
      StudyFile study = StudyFile.of(StudyText.read(spec, overrides, smoke));
      Map<String, DataIdentity> data = new LinkedHashMap<>();
      for (JsonElement e : p.getAsJsonArray("data")) {
        data.put(e.getAsJsonObject().get("spec").toString(), data(e.getAsJsonObject()));
      }
      String device = p.get("device-kind").getAsString();
      int numerics = p.get("numerics").getAsInt();
      List<Trial> trials =
          Expansion.trials(
              study,
              d -> new Identity(data.get(Canonical.of(d).toString()).sha256(), device, numerics));
      Map<String, TrialResult> results = new LinkedHashMap<>();
      for (Trial t : trials) {
        folder.load(t.id()).ifPresent(r -> results.put(t.id(), r));
      }
      return new RunRecord(folder, study, trials, results, List.copyOf(data.values()), p);
    } catch (IOException
        | JsonParseException
        | IllegalStateException
        | ClassCastException
        | NullPointerException e) {
      throw new RunException(
          ExitCode.DATA, "the run folder " + root + " is damaged: " + e.getMessage(), e);
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
