// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.study.StudyText;
import org.rigor.run.yaml.SpecException;

/**
 * The part of a run folder that both kinds of study have.
 *
 * @param folder where it is
 * @param study as it was run, not yet bound
 */
public record RunHead(RunFolder folder, StudyText study, ProvenanceFile provenance) {
  private static final String SPEC = "spec.yaml";

  /**
   * Reads {@code spec.yaml} and {@code provenance.json}.
   *
   * @throws RunException with exit code 4 if they are missing or damaged
   */
  public static RunHead open(Path root) {
    Path spec = root.resolve(SPEC);
    if (!Files.isRegularFile(spec) || !Files.isRegularFile(root.resolve(ProvenanceFile.FILE))) {
      throw new RunException(
          ExitCode.DATA,
          root
              + " is no run folder: it has no spec.yaml and provenance.json. './rigor list' shows"
              + " the runs there are");
    }
    RunFolder folder = RunFolder.at(root);
    try {
      ProvenanceFile p = folder.stored().provenance();
      folder
          .stored()
          .check(SPEC)
          .ifPresent(
              d -> {
                throw new DamagedException(d.file(), d.why());
              });
      return new RunHead(folder, StudyText.read(spec, p.head().overrides(), p.head().smoke()), p);
    } catch (IOException | SpecException | DamagedException e) {
      throw damaged(root, e);
    }
  }

  /** Returns the exception for a failure to read the rest of the folder. */
  RunException damaged(Exception e) {
    return damaged(folder.root(), e);
  }

  private static RunException damaged(Path root, Exception e) {
    String why = e instanceof DamagedException d ? d.damage().text() : e.getMessage();
    return new RunException(ExitCode.DATA, "the run folder " + root + " is damaged: " + why, e);
  }
}
