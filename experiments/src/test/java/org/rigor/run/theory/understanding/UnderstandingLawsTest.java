// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.understanding;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rigor.run.theory.Law;
import org.rigor.run.theory.LawCheck;
import org.rigor.run.theory.RecordingLab;

/** Every law with its default options: rows agree and would see a prediction that is 5 % off. */
class UnderstandingLawsTest {
  @ParameterizedTest
  @ValueSource(
      classes = {
        DoubleDescent.class,
        RidgeRisk.class,
        AdversarialRisk.class,
        UniformConvergence.class,
        RandomLabels.class,
        CredibleCoverage.class,
        DepthApproximation.class,
        LabelNoise.class,
        PerturbationRatio.class,
        NormConcentration.class,
        NoiseFitting.class
      })
  void holds(Class<? extends Law> law) {
    RecordingLab lab = LawCheck.green(LawCheck.law(law));
    assertThat(lab.findings()).allMatch(f -> !f.equation().isBlank());
  }
}
