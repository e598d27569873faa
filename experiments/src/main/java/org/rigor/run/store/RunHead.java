// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.study.StudyText;
import org.rigor.run.yaml.SpecException;

/**
 * What every run folder begins with, whatever its kind of study.
 *
 * @param root the folder
 * @param study as it was run, not yet bound
 * @param provenance the whole of {@code provenance.json}
 */
public record RunHead(Path root, StudyText study, JsonObject provenance) {

  /**
   * Reads {@code spec.yaml} and {@code provenance.json}.
   *
   * @throws RunException with exit code 2 if the folder has them not, 4 if they are damaged
   */
  public static RunHead open(Path root) {
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
      return new RunHead(root, StudyText.read(spec, overrides, smoke), p);
    } catch (IOException
        | JsonParseException
        | SpecException
        | IllegalStateException
        | ClassCastException
        | NullPointerException e) {
      throw damaged(root, e);
    }
  }

  /** Returns the failure to read more of the folder. */
  RunException damaged(Exception e) {
    return damaged(root, e);
  }

  private static RunException damaged(Path root, Exception e) {
    return new RunException(
        ExitCode.DATA, "the run folder " + root + " is damaged: " + e.getMessage(), e);
  }
}
