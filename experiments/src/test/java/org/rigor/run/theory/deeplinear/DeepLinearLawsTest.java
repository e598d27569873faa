// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.deeplinear;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rigor.run.theory.Finding;
import org.rigor.run.theory.LawCheck;
import org.rigor.run.theory.RecordingLab;

/** The sweeps in small sizes; the laws with their own sizes are measured with all others. */
class DeepLinearLawsTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "measurements|[8, 30]",
        "noise|[0, 1]",
        "erased|[0, 15]",
      })
  void sweepsHold(String axis, String values) {
    LawCheck.green(
        LawCheck.law(
            MethodSweep.class,
            "axis=" + axis,
            "values=" + values,
            "size={signal: 40, measurements: 20}",
            "width=40",
            "seeds=5",
            "gamma=0.1"));
  }

  /** Least norm fits the noise where samples equal measurements; weight decay does not. */
  @Test
  void onlyMinimumNormPeaksWhereSamplesEqualMeasurements() {
    RecordingLab lab =
        LawCheck.green(
            LawCheck.law(
                MethodSweep.class,
                "axis=samples",
                "values=[10, 20, 60]",
                "size={signal: 40, measurements: 20}",
                "width=40",
                "seeds=5",
                "gamma=0.1"));
    double[] decay = series(lab, "L=3, decay");
    double[] minimum = series(lab, "minimum norm");
    assertThat(minimum[1]).isGreaterThan(5 * Math.max(minimum[0], minimum[2]));
    assertThat(decay[1]).isLessThan(2 * Math.max(decay[0], decay[2]));
  }

  private static double[] series(RecordingLab lab, String label) {
    return lab.charts().stream()
        .flatMap(c -> c.series().stream())
        .filter(s -> s.label().equals(label))
        .findFirst()
        .orElseThrow()
        .y();
  }

  @Test
  void aWrongPredictionIsSeen() {
    for (Finding f :
        LawCheck.measure(LawCheck.law(IsometricPlateau.class, "layers=[3]")).findings()) {
      assertThat(f.agrees()).as(f.row()).isTrue();
      assertThat(f.agrees(f.predicted() == 0 ? 1e-7 : f.predicted() * (1 + 1e-7)))
          .as(f.row())
          .isFalse();
    }
  }
}
