// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.attack.Attack;
import org.rigor.attack.AttackLoss;
import org.rigor.attack.CurveAttack;
import org.rigor.attack.CurveAttacker;
import org.rigor.attack.CurveResult;
import org.rigor.attack.Pgd;
import org.rigor.diff.Kind;
import org.rigor.run.setup.StudyData;
import org.rigor.run.study.AttackNames;
import org.rigor.run.study.RobustnessSpecs.AttackLadder;
import org.rigor.run.trial.Scalar;
import org.rigor.tensor.HostTensor;
import org.rigor.threat.Threat;

/** Robust accuracy at one radius by attacks of growing strength. */
final class LadderMeasurement implements Measurement {
  private static final int SLOTS = 256;

  private final AttackLadder spec;

  /** The share that survives an attack and its kind, for each model. */
  private record Rung(double[] share, List<Kind> kind) {}

  LadderMeasurement(AttackLadder spec) {
    this.spec = spec;
  }

  @Override
  public void run(Context c) {
    Map<String, Rung> rungs = new LinkedHashMap<>();
    rungs.put("ladder-fgsm", survivors(c, Pgd.fgsm(), 1));
    Attack longest = null;
    for (int steps : spec.steps()) {
      // Steps long enough to reach any point of the ball from any start.
      longest =
          AttackNames.of(spec.attack(), steps, Math.max(2.5 / steps, 0.05), c.network().input());
      rungs.put(spec.rung(steps), survivors(c, longest, 1));
    }
    rungs.put("ladder-restarts", survivors(c, longest, spec.restarts()));
    for (int m = 0; m < c.trials().size(); m++) {
      Map<String, Scalar> out = c.gathered().get(m).scalars;
      List<Double> values = new ArrayList<>();
      double rise = 0;
      for (Map.Entry<String, Rung> rung : rungs.entrySet()) {
        double v = rung.getValue().share()[m];
        rise = values.isEmpty() ? 0 : Math.max(rise, v - values.get(values.size() - 1));
        values.add(v);
        out.put(
            rung.getKey(),
            new Scalar(v, rung.getValue().kind().get(m), "successes verified in double"));
      }
      out.put("ladder-rise", difference(rise));
      out.put("ladder-fall", difference(values.get(0) - values.get(values.size() - 1)));
    }
  }

  /** Returns a difference as an estimate: two upper sides do not bound their difference. */
  private static Scalar difference(double v) {
    return new Scalar(v, Kind.ESTIMATE, "difference of two attacks");
  }

  private Rung survivors(Context c, Attack one, int restarts) {
    int[] part = Measurements.part(c, spec.samples());
    HostTensor x = StudyData.inputs(c.data(), part, c.precision());
    CurveAttack attack =
        CurveAttack.of(one, new Threat(spec.norm(), c.data().box()), List.of(spec.epsilon()))
            .withLoss(AttackLoss.CROSS_ENTROPY)
            .withRestarts(one.randomStart() ? restarts : 1)
            .withSlots(Math.min(SLOTS, part.length));
    CurveResult r =
        new CurveAttacker(c.device(), c.network(), attack)
            .run(c.models(), c.keys(), x, StudyData.labels(c.data(), part));
    double[] share = new double[r.survived().length];
    for (int m = 0; m < share.length; m++) {
      share[m] = Arrays.stream(r.survived()[m]).sum() / (double) part.length;
    }
    return new Rung(share, r.kind());
  }
}
