// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.trial;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.rigor.run.study.MethodSpec;
import org.rigor.run.study.Study;
import org.rigor.run.study.StudyFile;

/** The expansion of a study into trials: grid points x methods x seeds. */
public final class Expansion {
  private Expansion() {}

  /**
   * Returns the trials in the order grid point, method, seed. Arms that lead to the same trial
   * share it; it appears once, under the first of them.
   *
   * @param identity gives the identity that enters the ids, by data and networks
   */
  public static List<Trial> trials(StudyFile file, Function<Study, Identity> identity) {
    return distinct(everyArm(file, identity));
  }

  /** Returns each trial once, under the first of its arms. */
  public static List<Trial> distinct(List<Trial> everyArm) {
    Map<String, Trial> out = new LinkedHashMap<>();
    everyArm.forEach(t -> out.putIfAbsent(t.id(), t));
    return new ArrayList<>(out.values());
  }

  /** A trial without its ids, whose hashes take most of the time of an expansion. */
  private record Unnamed(Arm arm, TrialSpec spec, Identity.Seeded ids) {
    Trial trial() {
      return new Trial(ids.trialId(spec.seed()), ids.modelId(spec.seed()), arm, spec);
    }
  }

  /** Returns the trials of every arm; a shared trial appears under each of its arms. */
  public static List<Trial> everyArm(StudyFile file, Function<Study, Identity> identity) {
    Map<List<Object>, Identity> known = new LinkedHashMap<>();
    List<Unnamed> all = new ArrayList<>();
    for (StudyFile.Point point : file.points()) {
      Study study = point.study();
      Identity id =
          known.computeIfAbsent(List.of(study.data(), study.model()), k -> identity.apply(study));
      for (MethodSpec method : point.study().training().methods()) {
        Arm arm = new Arm(method.name(), point.settings());
        Identity.Seeded ids = null;
        for (long seed : point.study().sweep().seeds()) {
          TrialSpec spec = TrialSpec.of(point.study(), method, seed);
          if (ids == null) {
            ids = id.seeded(spec);
          }
          all.add(new Unnamed(arm, spec, ids));
        }
      }
    }
    return all.parallelStream().map(Unnamed::trial).toList();
  }
}
