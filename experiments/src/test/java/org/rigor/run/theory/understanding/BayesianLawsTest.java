// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.understanding;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rigor.run.theory.Law;
import org.rigor.run.theory.LawCheck;
import org.rigor.run.theory.RecordingLab;

/** The laws of samplers and approximations with their default options. */
class BayesianLawsTest {
  @ParameterizedTest
  @ValueSource(
      classes = {GaussianSamplers.class, GaussianApproximations.class, OffManifoldGradients.class})
  void holds(Class<? extends Law> law) {
    RecordingLab lab = LawCheck.green(LawCheck.law(law));
    assertThat(lab.findings()).allMatch(f -> !f.equation().isBlank());
  }
}
