// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.trial;

import java.util.List;
import java.util.Optional;
import org.rigor.run.study.AugmentSpec;
import org.rigor.run.study.DataSpec;
import org.rigor.run.study.LossKind;
import org.rigor.run.study.MeasurementSpec;
import org.rigor.run.study.MethodSpec;
import org.rigor.run.study.ModelSpec;
import org.rigor.run.study.OptimiserSpec;
import org.rigor.run.study.Precision;
import org.rigor.run.study.ProbeSpec;
import org.rigor.run.study.ScheduleSpec;
import org.rigor.run.study.Study;
import org.rigor.run.study.UntilSpec;
import org.rigor.run.yaml.PerModel;

/**
 * Everything that decides a trial's result, besides the data's bytes, the device and the engine.
 */
public record TrialSpec(
    DataSpec data,
    ModelSpec model,
    Precision precision,
    @PerModel int epochs,
    int batchSize,
    OptimiserSpec optimiser,
    ScheduleSpec schedule,
    @PerModel double labelSmoothing,
    Optional<AugmentSpec> augment,
    Optional<Integer> samples,
    Optional<Integer> heldOut,
    Optional<Double> labelNoise,
    Optional<ProbeSpec> probe,
    Optional<LossKind> loss,
    Optional<UntilSpec> until,
    MethodSpec method,
    List<MeasurementSpec> measurements,
    @PerModel long seed) {

  /** Returns the trial of one method and seed of a study. */
  public static TrialSpec of(Study study, MethodSpec method, long seed) {
    return new TrialSpec(
        study.data(),
        study.model(),
        study.precision(),
        study.training().epochs(),
        study.training().batchSize(),
        study.training().optimiser(),
        study.training().schedule(),
        study.training().labelSmoothing(),
        study.training().augment(),
        study.training().samples(),
        study.training().heldOut(),
        study.training().labelNoise(),
        study.training().probe(),
        study.training().loss(),
        study.training().until(),
        method,
        study.measurements(),
        seed);
  }

  /**
   * Returns the same trial without its measurements: what decides the trained network and the
   * histories stored with it.
   */
  TrialSpec trainingOnly() {
    return new TrialSpec(
        data,
        model,
        precision,
        epochs,
        batchSize,
        optimiser,
        schedule,
        labelSmoothing,
        augment,
        samples,
        heldOut,
        labelNoise,
        probe,
        loss,
        until,
        method,
        List.of(),
        seed);
  }

  /** Returns the same trial with another method. */
  TrialSpec with(MethodSpec other) {
    return new TrialSpec(
        data,
        model,
        precision,
        epochs,
        batchSize,
        optimiser,
        schedule,
        labelSmoothing,
        augment,
        samples,
        heldOut,
        labelNoise,
        probe,
        loss,
        until,
        other,
        measurements,
        seed);
  }
}
