// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.engine;

import java.util.List;
import org.rigor.certify.Certificate;
import org.rigor.certify.CertifiedCurve;
import org.rigor.certify.Certifier;
import org.rigor.certify.Crown;
import org.rigor.certify.Ibp;
import org.rigor.certify.Region;
import org.rigor.run.study.Norm;
import org.rigor.run.trial.Curve;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/** Certified accuracy over epsilon, with the lower margins behind it. */
final class CertifyMeasurement {
  private final String method;
  private final Norm norm;
  private final List<Double> epsilons;
  private final int samples;

  /**
   * @param method {@code crown} or {@code ibp}
   * @param samples first test samples; 0 means all
   */
  CertifyMeasurement(String method, Norm norm, List<Double> epsilons, int samples) {
    this.method = method;
    this.norm = norm;
    this.epsilons = epsilons;
    this.samples = samples;
  }

  /** CROWN with interval bounds inside comes first: a tenth of the cost, and most of the radius. */
  static List<Certificate> certificates(String method) {
    return method.equals("crown") ? List.of(new Crown(false), new Crown()) : List.of(new Ibp());
  }

  void run(PackMeasurement.Context c) {
    int[] part = Measurements.part(c, samples);
    HostTensor x = StudyData.inputs(c.data(), part, c.precision());
    HostTensor y = StudyData.labels(c.data(), part);
    CertifiedCurve r;
    try (Certifier certifier =
        new Certifier(
            c.device(),
            c.network(),
            c.params(),
            certificates(method),
            c.data().box(),
            Region.Norm.valueOf(norm.name()))) {
      r = certifier.run(x, y, epsilons);
    }
    double[] radii = epsilons.stream().mapToDouble(Double::doubleValue).toArray();
    for (int m = 0; m < c.trials().size(); m++) {
      c.gathered()
          .get(m)
          .curves
          .add(
              new Curve(
                  Curve.Side.CERTIFIED,
                  method,
                  Kinds.enclosed(c.network()),
                  radii,
                  r.survived()[m]));
      double[] margins = new double[part.length * radii.length];
      for (int n = 0; n < part.length; n++) {
        System.arraycopy(r.marginLower()[m][n], 0, margins, n * radii.length, radii.length);
      }
      HostTensor array = HostTensor.of(Shape.of(part.length, radii.length), margins);
      TrialArrays.write(c, m, method + "-margin", array);
    }
  }
}
