// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.engine;

import org.rigor.run.study.MeasurementSpec;

/** The list of measurements: what each kind in a study's file runs. */
final class Measurements {
  private Measurements() {}

  /** Name of a measurement's phase. */
  static String name(MeasurementSpec spec) {
    if (spec instanceof MeasurementSpec.PgdCurve) {
      return "attack";
    }
    return spec instanceof MeasurementSpec.Lipschitz ? "lipschitz" : "certify";
  }

  static void run(MeasurementSpec spec, PackMeasurement.Context c) {
    if (spec instanceof MeasurementSpec.PgdCurve s) {
      new AttackMeasurement(s).run(c);
    } else if (spec instanceof MeasurementSpec.CrownCurve s) {
      new CertifyMeasurement("crown", s.norm(), s.epsilons(), s.samples()).run(c);
    } else if (spec instanceof MeasurementSpec.IbpCurve s) {
      new CertifyMeasurement("ibp", s.norm(), s.epsilons(), s.samples()).run(c);
    } else if (spec instanceof MeasurementSpec.Lipschitz s) {
      new LipschitzMeasurement(s).run(c);
    }
  }

  /** The first test samples; 0 means all. */
  static int[] part(PackMeasurement.Context c, int samples) {
    int[] test = c.data().split().test();
    return samples == 0 || samples >= test.length ? test : java.util.Arrays.copyOf(test, samples);
  }
}
