// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import java.util.OptionalDouble;
import org.rigor.attack.Attack;
import org.rigor.attack.LogitChange;
import org.rigor.diff.Kind;
import org.rigor.linalg.Rounding;
import org.rigor.lipschitz.JacobianNorms;
import org.rigor.lipschitz.Nearby;
import org.rigor.lipschitz.ProductBound;
import org.rigor.run.setup.StudyData;
import org.rigor.run.study.AttackNames;
import org.rigor.run.study.LipschitzSpecs;
import org.rigor.run.study.Quantities;
import org.rigor.run.trial.Scalar;
import org.rigor.tensor.HostTensor;
import org.rigor.threat.Norm;

/**
 * Change of the logits under input errors of norm up to delta: the change that the Lipschitz
 * bracket predicts, and the largest that an attack finds.
 */
final class SensorMeasurement implements Measurement {
  private static final double RELATIVE_STEP = 0.2;

  private final LipschitzSpecs.SensorError spec;

  SensorMeasurement(LipschitzSpecs.SensorError spec) {
    this.spec = spec;
  }

  @Override
  public void require(Untrained u) {
    ProductBound.requireRules(u.network());
  }

  @Override
  public void run(Context c) {
    int[] part = Measurements.part(c, spec.samples());
    HostTensor x = StudyData.inputs(c.data(), part, c.precision()).toDouble();
    JacobianNorms j = JacobianNorms.measure(c.models(), x, Norm.L2, Nearby.in(c.data().box()));
    double[] upper = ProductBound.of(c.models(), Norm.L2);
    for (int m = 0; m < upper.length; m++) {
      LipschitzBrackets.require(j.certified(m), upper[m]);
    }
    for (double delta : spec.deltas()) {
      LogitChange found = largestChange(c, x, delta);
      for (int m = 0; m < upper.length; m++) {
        Gathered out = c.gathered().get(m);
        // A first-order prediction at the steepest sample, not a lower bound on the change.
        OptionalDouble steepest = j.certified(m);
        out.put(
            Quantities.at("sensor-lower", delta),
            steepest.isEmpty() ? steepest : OptionalDouble.of(steepest.getAsDouble() * delta),
            Kind.ESTIMATE,
            "largest Jacobian norm times delta");
        out.put(
            Quantities.at("sensor-found", delta),
            found.most().get(m),
            found.kind(),
            "gradient ascent in double",
            "the change is NaN at all points visited");
        out.scalars.put(
            Quantities.at("sensor-upper", delta),
            new Scalar(
                Rounding.mulUp(upper[m], delta),
                ProductBound.KIND,
                "product of layer norms times delta"));
      }
    }
  }

  private LogitChange largestChange(Context c, HostTensor x, double delta) {
    // The start is the first of the points visited.
    Attack attack = AttackNames.of(spec.attack(), Math.max(1, spec.steps() - 1), RELATIVE_STEP);
    int visits = Math.min(spec.steps(), attack.steps() + 1);
    long[] seeds = c.trials().stream().mapToLong(t -> t.spec().seed()).toArray();
    return LogitChange.find(c.models(), seeds, x, attack, visits, delta);
  }
}
