// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import org.rigor.attack.Attack;
import org.rigor.attack.AttackLoss;
import org.rigor.attack.Attacks;
import org.rigor.attack.CurveAttack;
import org.rigor.attack.DistanceFinder;
import org.rigor.attack.Distances;
import org.rigor.diff.Kind;
import org.rigor.run.setup.StudyData;
import org.rigor.run.study.Quantities;
import org.rigor.run.study.RobustnessSpecs;
import org.rigor.run.trial.Scalar;
import org.rigor.tensor.HostTensor;
import org.rigor.threat.Threat;

/** Distances of samples to the nearest misclassified point that an attack finds. */
final class NearestMeasurement implements Measurement {
  private static final int TARGETS = 9;
  private static final int SLOTS = 64;

  private final RobustnessSpecs.AttackDistance spec;

  NearestMeasurement(RobustnessSpecs.AttackDistance spec) {
    this.spec = spec;
  }

  @Override
  public String phase(String type) {
    return "attack";
  }

  @Override
  public int effort() {
    return 6;
  }

  @Override
  public void run(Context c) {
    int[] part = Measurements.part(c, spec.samples());
    HostTensor x = StudyData.inputs(c.data(), part, c.precision());
    Attack attack =
        Attacks.of(
            RobustnessSpecs.AttackDistance.ATTACK,
            new Attacks.Settings(spec.steps(), OptionalDouble.empty()));
    CurveAttack plan =
        CurveAttack.of(attack, new Threat(spec.norm(), c.data().box()), List.of(Double.MAX_VALUE))
            .withSlots(Math.min(SLOTS, part.length))
            .withLoss(AttackLoss.TARGETED_MARGIN)
            .withTargets(Math.max(1, Math.min(TARGETS, c.network().outputs() - 1)));
    Distances found =
        new DistanceFinder(c.device(), c.network(), plan)
            .run(c.models(), c.keys(), x, StudyData.labels(c.data(), part));
    for (int m = 0; m < c.trials().size(); m++) {
      double[] own = Arrays.stream(found.distance()[m]).filter(d -> d > 0).sorted().toArray();
      Kind kind = found.kind().get(m);
      for (double share : RobustnessSpecs.AttackDistance.SHARES) {
        String name = Quantities.at(RobustnessSpecs.AttackDistance.NAME, share);
        int at = Math.max(0, (int) Math.ceil(share * own.length) - 1);
        String how = "%d samples that are right, fmn".formatted(own.length);
        c.gathered()
            .get(m)
            .scalars
            .put(
                name,
                own.length == 0 || Double.isInfinite(own[at])
                    ? Scalar.undecided(kind, how + " found no point")
                    : new Scalar(own[at], kind, how));
      }
    }
  }
}
