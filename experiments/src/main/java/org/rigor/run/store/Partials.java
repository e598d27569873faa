// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialResult;
import org.rigor.run.trial.TrialSink.Partial;

/**
 * What was measured of trials that are not finished: {@code packs/<trialId>.json}, a result whose
 * message is the number of measurements that it has.
 */
public record Partials(RunFolder folder) {
  private static String path(String trialId) {
    return "packs/" + trialId + ".json";
  }

  /** Replaces what is stored of a trial. */
  public void save(Trial trial, Partial partial) {
    TrialResult r = partial.result();
    TrialResult counted =
        new TrialResult(
            r.id(),
            r.outcome(),
            Integer.toString(partial.measured()),
            r.seconds(),
            r.scalars(),
            r.correct(),
            r.curves(),
            r.examples(),
            r.histories());
    folder.write(path(trial.id()), TrialJson.write(trial, counted));
  }

  /** Returns what is stored of a trial; empty if nothing is, or it is damaged. */
  public Optional<Partial> load(Trial trial) {
    Optional<Path> file = folder.existing(path(trial.id()));
    if (file.isEmpty()) {
      return Optional.empty();
    }
    try {
      TrialResult r = TrialJson.read(path(trial.id()), Files.readAllBytes(file.get()));
      return r.id().equals(trial.id())
          ? Optional.of(new Partial(Integer.parseInt(r.message()), r))
          : Optional.empty();
    } catch (IOException | DamagedException | NumberFormatException e) {
      return Optional.empty(); // it is measured again
    }
  }

  /** Removes what is stored of a trial. */
  public void remove(String trialId) {
    folder.remove(path(trialId));
  }
}
