// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rigor.attack.CurveAttack;
import org.rigor.attack.CurveResult;
import org.rigor.attack.MaskingSigns;
import org.rigor.diff.Kind;
import org.rigor.run.setup.StudyData;
import org.rigor.run.study.RobustnessSpecs.Masking;
import org.rigor.run.trial.Scalar;
import org.rigor.tensor.HostTensor;

/** Signs that gradients mislead an attack on each network. */
final class MaskingMeasurement implements Measurement {
  private final Masking spec;

  MaskingMeasurement(Masking spec) {
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
    HostTensor y = StudyData.labels(c.data(), part);
    CurveResult first = new AttackMeasurement(spec.attack(1)).attacked(c, part, x, y);
    CurveAttack attack = AttackMeasurement.plan(spec.attack(1), c, part.length);
    CurveAttack longer = AttackMeasurement.plan(spec.attack(2), c, part.length);
    List<MaskingSigns> all =
        MaskingSigns.of(
            c.models(),
            attack,
            Optional.of(longer).filter(l -> l.attack().steps() > attack.attack().steps()),
            c.keys(),
            x,
            y,
            survives(first));
    for (int m = 0; m < all.size(); m++) {
      MaskingSigns own = all.get(m);
      Map<String, Scalar> out = c.gathered().get(m).scalars;
      String how = "of %d samples, %d withstood the attack".formatted(own.samples(), own.left());
      out.put(Masking.SIGNS, new Scalar(own.shown().size(), Kind.ESTIMATE, how));
      out.put(Masking.SAMPLES, new Scalar(own.samples(), Kind.ESTIMATE, how));
      own.counts()
          .forEach(
              (sign, count) ->
                  out.put(
                      Masking.share(sign),
                      new Scalar(count / Math.max(1.0, own.samples()), Kind.ESTIMATE, how)));
    }
  }

  private static boolean[][] survives(CurveResult r) {
    boolean[][] out = new boolean[r.survived().length][];
    for (int m = 0; m < out.length; m++) {
      out[m] = new boolean[r.survived()[m].length];
      for (int n = 0; n < out[m].length; n++) {
        out[m][n] = r.survived()[m][n] > 0;
      }
    }
    return out;
  }
}
