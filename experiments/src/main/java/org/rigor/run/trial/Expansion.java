// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.trial;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.rigor.run.study.DataSpec;
import org.rigor.run.study.MethodSpec;
import org.rigor.run.study.StudyFile;

/** Turns a study into trials: grid points x methods x seeds. */
public final class Expansion {
  private Expansion() {}

  /**
   * Returns the trials in the order grid point, method, seed. Points that come to the same trial
   * are kept once.
   *
   * @param identity what enters the ids, by data set
   */
  public static List<Trial> trials(StudyFile file, Function<DataSpec, Identity> identity) {
    Map<DataSpec, Identity> known = new LinkedHashMap<>();
    Map<String, Trial> out = new LinkedHashMap<>();
    for (StudyFile.Point point : file.points()) {
      Identity id = known.computeIfAbsent(point.study().data(), identity);
      for (MethodSpec method : point.study().training().methods()) {
        Arm arm = new Arm(method.name(), point.settings());
        Identity.Seeded ids = null;
        for (long seed : point.study().sweep().seeds()) {
          TrialSpec spec = TrialSpec.of(point.study(), method, seed);
          if (ids == null) {
            ids = id.seeded(spec);
          }
          Trial trial = new Trial(ids.trialId(seed), ids.modelId(seed), arm, spec);
          out.putIfAbsent(trial.id(), trial);
        }
      }
    }
    return new ArrayList<>(out.values());
  }
}
