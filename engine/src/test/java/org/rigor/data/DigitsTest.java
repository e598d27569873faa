// SPDX-License-Identifier: Apache-2.0
package org.rigor.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.rigor.tensor.Shape;

class DigitsTest {
  private static final DataSet DIGITS = DataSets.load("digits", new DataRoots(List.of()));

  @Test
  void hasThePublishedCounts() {
    assertThat(DIGITS.inputs().shape()).isEqualTo(Shape.of(1797, 8, 8, 1));
    assertThat(DIGITS.sampleShape()).isEqualTo(Shape.of(8, 8, 1));
    int[] count = new int[10];
    for (int label : DIGITS.labels()) {
      count[label]++;
    }
    // The table of the UCI description.
    assertThat(count).containsExactly(178, 182, 177, 183, 181, 182, 181, 179, 174, 180);
  }

  @Test
  void theFirstImageIsTheKnownZero() {
    float[] row = DIGITS.inputs(new int[] {0}).floats();
    assertThat(DIGITS.labels(new int[] {0})).containsExactly(0);
    int[] firstThreeLines = {
      0, 0, 5, 13, 9, 1, 0, 0, 0, 0, 13, 15, 10, 15, 5, 0, 0, 3, 15, 2, 0, 11, 8, 0
    };
    for (int i = 0; i < firstThreeLines.length; i++) {
      assertThat(row[i]).isEqualTo(firstThreeLines[i] / 16f);
    }
  }

  @Test
  void theSplitIsFixedAndStratified() {
    assertThat(DIGITS.split().train()).hasSize(1347);
    assertThat(DIGITS.split().test()).hasSize(450);
    int[] count = new int[10];
    for (int label : DIGITS.labels(DIGITS.split().test())) {
      count[label]++;
    }
    for (int c = 0; c < 10; c++) {
      assertThat(count[c]).isBetween(43, 46);
    }
  }

  /** Trials are keyed by this number: whoever changes it invalidates all results on digits. */
  @Test
  void theChecksumIsPinned() {
    assertThat(DIGITS.sha256())
        .isEqualTo("5548823607a0e291b0d0964b44a050978dcb45be8cb46d9864524d57085a26c8");
  }
}
