// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.trial;

import java.util.List;
import org.rigor.run.study.DataSpec;
import org.rigor.run.study.MeasurementSpec;
import org.rigor.run.study.MethodSpec;
import org.rigor.run.study.ModelSpec;
import org.rigor.run.study.Precision;
import org.rigor.run.study.SharedTraining;
import org.rigor.run.study.Study;
import org.rigor.run.yaml.Inline;
import org.rigor.run.yaml.PerModel;

/**
 * Everything that determines a trial's result except the data's bytes, the device and the engine.
 */
public record TrialSpec(
    DataSpec data,
    ModelSpec model,
    Precision precision,
    @Inline SharedTraining training,
    MethodSpec method,
    List<MeasurementSpec> measurements,
    @PerModel long seed) {

  /** Returns the trial of one method and seed of a study. */
  public static TrialSpec of(Study study, MethodSpec method, long seed) {
    return new TrialSpec(
        study.data(),
        study.model(),
        study.precision(),
        study.training().shared(),
        method,
        study.measurements(),
        seed);
  }

  /**
   * Returns the same trial without its measurements, which determines the trained network and the
   * histories stored with it.
   */
  TrialSpec trainingOnly() {
    return new TrialSpec(data, model, precision, training, method, List.of(), seed);
  }

  /** Returns the same trial with another method. */
  TrialSpec with(MethodSpec other) {
    return new TrialSpec(data, model, precision, training, other, measurements, seed);
  }
}
