// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.engine;

import java.util.List;
import org.rigor.run.study.Norm;

/** Certified accuracy over epsilon. */
final class CertifyMeasurement {
  CertifyMeasurement(String method, Norm norm, List<Double> epsilons, int samples) {}

  void run(PackMeasurement.Context c) {}
}
