// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.rigor.diff.Kind;
import org.rigor.lipschitz.JacobianMeter;
import org.rigor.lipschitz.JacobianNorms;
import org.rigor.lipschitz.Nearby;
import org.rigor.lipschitz.ProductBound;
import org.rigor.run.setup.StudyData;
import org.rigor.run.study.MeasurementSpec;
import org.rigor.run.trial.Scalar;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;

/**
 * Lipschitz bracket: lower side the largest Jacobian norm on the test samples, upper side the
 * product of norms.
 */
final class LipschitzMeasurement implements Measurement {
  private final MeasurementSpec.Lipschitz spec;

  LipschitzMeasurement(MeasurementSpec.Lipschitz spec) {
    this.spec = spec;
  }

  @Override
  public void require(Untrained u) {
    ProductBound.requireRules(u.network());
  }

  @Override
  public String phase(String type) {
    return "lipschitz";
  }

  @Override
  public void run(Context c) {
    int[] part = Measurements.part(c, spec.samples());
    HostTensor x = StudyData.inputs(c.data(), part, c.precision());
    Norm norm = spec.norm();
    JacobianNorms j =
        c.kept()
            .with(
                List.of(norm, part.length),
                c.trials().size(),
                () -> new JacobianMeter(c.models(), x, norm, Nearby.in(c.data().box())),
                meter -> meter.measure(c.models(), x));
    double[] upper = ProductBound.of(c.models(), norm);
    for (int m = 0; m < c.trials().size(); m++) {
      Gathered g = c.gathered().get(m);
      Map<String, Scalar> scalars = g.scalars;
      if (j.tooDeep()) {
        double[] norms = j.norms()[m];
        double most = j.estimate(m).map(p -> norms[p.sample()]).orElse(Double.NaN);
        g.put(
            Scalar.LIPSCHITZ_LOWER,
            Double.isNaN(most) ? OptionalDouble.empty() : OptionalDouble.of(most),
            Kind.ESTIMATE,
            "largest Jacobian norm in double: too deep to enclose");
      } else {
        g.put(Scalar.LIPSCHITZ_LOWER, j.certified(m), j.kind(), "largest Jacobian norm off kinks");
      }
      scalars.put(
          "ambiguous-jacobians",
          new Scalar(j.kinks(m).size(), Kind.EXACT, "samples within rounding of a kink"));
      scalars.put(
          "jacobians-left-out",
          new Scalar(j.leftOut(m).size(), Kind.EXACT, "samples at a kink, points near them too"));
      scalars.put(
          Scalar.LIPSCHITZ_UPPER,
          new Scalar(upper[m], ProductBound.KIND, "product of certified layer norms"));
      TrialArrays.write(c, m, "jacobian", HostTensor.of(Shape.of(part.length), j.placed()[m]));
    }
  }
}
