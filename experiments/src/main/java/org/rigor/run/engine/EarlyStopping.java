// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.engine;

import java.util.Optional;
import org.rigor.attack.Attack;
import org.rigor.attack.FixedAttack;
import org.rigor.data.DataSet;
import org.rigor.run.setup.StudyData;
import org.rigor.run.setup.StudySamples;
import org.rigor.run.study.AttackNames;
import org.rigor.run.study.Precision;
import org.rigor.run.study.WeightsSpec;
import org.rigor.run.trial.Pack;
import org.rigor.threat.Threat;
import org.rigor.train.Snapshots;
import org.rigor.train.Trainer;
import org.rigor.train.Validation;
import org.rigor.workspace.Models;

/** Snapshots of each model's weights at its best epoch on held-out samples. */
final class EarlyStopping {
  private static final int BATCH = 256;

  private final Validation validation;
  private final Snapshots kept;

  private EarlyStopping(Validation validation, Snapshots kept) {
    this.validation = validation;
    this.kept = kept;
  }

  /**
   * Returns early stopping if the pack's method asks for it. Call it before training is restored.
   */
  static Optional<EarlyStopping> of(Trainer trainer, StudySamples samples, Pack pack) {
    WeightsSpec weights = pack.shared().method().weights().orElse(null);
    if (!(weights instanceof WeightsSpec.HeldOut h)) {
      return Optional.empty();
    }
    DataSet data = samples.data();
    Precision precision = pack.shared().precision();
    Attack attack = AttackNames.of(h.attack(), h.steps(), h.relativeStep());
    Threat threat = new Threat(h.norm(), data.box());
    Validation validation =
        trainer.validation(
            false,
            StudyData.inputs(data, samples.heldOut(), precision),
            StudyData.labels(data, samples.heldOut()),
            BATCH,
            h.epsilon() > 0
                ? Optional.of(new FixedAttack(attack, threat, h.epsilon()))
                : Optional.empty());
    return Optional.of(new EarlyStopping(validation, trainer.snapshots("held-out", false)));
  }

  /** Evaluates the models after an epoch and keeps those that improved. */
  void epoch() {
    kept.offer(validation.accuracy());
  }

  /** Returns each model at its best epoch; the caller closes them. */
  Models models() {
    return kept.models();
  }
}
