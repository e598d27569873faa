// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.deeplinear;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rigor.run.theory.Law;
import org.rigor.run.theory.LawCheck;

/**
 * Every law of the folder holds with its small sizes, and each row would see a wrong prediction.
 */
class DeepLinearLawsTest {
  @ParameterizedTest
  @ValueSource(
      classes = {
        OffRangeIdentity.class,
        LazyRate.class,
        TrainingCurves.class,
        IsometricPlateau.class,
        StationaryPoint.class,
        NoiseRobustness.class,
        CollapseThreshold.class
      })
  void holds(Class<? extends Law> law) {
    LawCheck.green(LawCheck.law(law));
  }
}
