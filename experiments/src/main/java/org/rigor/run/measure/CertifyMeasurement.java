// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import org.rigor.certify.Certificates;
import org.rigor.certify.CertifiedCurve;
import org.rigor.certify.Certifier;
import org.rigor.data.Box;
import org.rigor.run.setup.StudyData;
import org.rigor.run.study.MeasurementSpec;
import org.rigor.run.trial.Curve;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Models;

/**
 * Certified accuracy over epsilon, with the lower margins behind it. A curve needs only verdicts:
 * where CROWN-IBP already verifies a radius, CROWN does not run and the stored margin is
 * CROWN-IBP's.
 */
public final class CertifyMeasurement implements Measurement {
  private final MeasurementSpec.CertifiedCurve spec;

  CertifyMeasurement(MeasurementSpec.CertifiedCurve spec) {
    this.spec = spec;
  }

  @Override
  public void require(Untrained u) {
    try (Models networks = u.zeros();
        Certifier certifier = certifier(networks, u.box())) {
      certifier.requireRules();
    }
  }

  private Certifier certifier(Models networks, Box box) {
    return new Certifier(networks, Certificates.cheapestFirst(spec.method()), box, spec.norm());
  }

  @Override
  public String phase(String type) {
    return "certify";
  }

  @Override
  public void run(Context c) {
    int[] part = Measurements.part(c, spec.samples());
    HostTensor x = StudyData.inputs(c.data(), part, c.precision());
    HostTensor y = StudyData.labels(c.data(), part);
    CertifiedCurve r;
    try (Certifier certifier = certifier(c.models(), c.data().box())) {
      r = certifier.run(x, y, spec.epsilons());
    }
    double[] radii = spec.epsilons().stream().mapToDouble(Double::doubleValue).toArray();
    for (int m = 0; m < c.trials().size(); m++) {
      c.gathered()
          .get(m)
          .curves
          .add(new Curve(Curve.Side.CERTIFIED, spec.method(), r.kind(), radii, r.survived()[m]));
      double[] margins = new double[part.length * radii.length];
      for (int n = 0; n < part.length; n++) {
        for (int e = 0; e < radii.length; e++) {
          margins[n * radii.length + e] = r.marginLower(m, n, e);
        }
      }
      HostTensor array = HostTensor.of(Shape.of(part.length, radii.length), margins);
      TrialArrays.write(c, m, spec.method() + "-margin", array);
    }
  }
}
