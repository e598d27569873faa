// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.run.study.DataSpec;
import org.rigor.run.study.StudyFile;
import org.rigor.run.trial.DataIdentity;
import org.rigor.run.trial.Expansion;
import org.rigor.run.trial.Identity;
import org.rigor.run.trial.StudyEngine;
import org.rigor.run.trial.Trial;

/**
 * A study with its data looked at and its trials named.
 *
 * @param data every data set of the study, by specification
 */
record Prepared(StudyFile study, Map<DataSpec, DataIdentity> data, List<Trial> trials) {
  static Prepared of(StudyFile study, StudyEngine engine) {
    Map<DataSpec, DataIdentity> data = new LinkedHashMap<>();
    List<Trial> trials =
        Expansion.trials(
            study,
            spec -> {
              DataIdentity d = data.computeIfAbsent(spec, engine::data);
              return new Identity(d.sha256(), engine.deviceKind(), engine.numerics());
            });
    return new Prepared(study, data, trials);
  }
}
