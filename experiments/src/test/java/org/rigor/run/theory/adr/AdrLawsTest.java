// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.adr;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rigor.run.theory.Law;
import org.rigor.run.theory.LawCheck;

/** Every law with its default options: rows agree and would see a prediction that is 5 % off. */
class AdrLawsTest {
  @ParameterizedTest
  @ValueSource(
      classes = {
        LabelRectification.class,
        AnnealingSchedule.class,
        WeightAverage.class,
        DistillationFixedPoint.class,
        LinearAttack.class,
        LinearAdversarialTraining.class,
        SoftTargetGradients.class,
        WeightPerturbation.class
      })
  void holds(Class<? extends Law> law) {
    LawCheck.green(LawCheck.law(law));
  }
}
