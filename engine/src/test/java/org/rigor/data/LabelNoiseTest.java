// SPDX-License-Identifier: Apache-2.0
package org.rigor.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LabelNoiseTest {
  private static DataSet digits() {
    DataSet all = DataSets.load("digits", DataRoots.standard(null));
    return all.with(Split.stratified(all.labels(), all.classes(), 360, 0));
  }

  private static int[] changed(DataSet a, DataSet b, int[] part) {
    return Arrays.stream(part).filter(i -> a.labels()[i] != b.labels()[i]).toArray();
  }

  @Test
  void theShareOfReplacedTrainingLabelsIsAsAskedAndTheTestLabelsStay() {
    DataSet clean = digits();
    DataSet noisy = LabelNoise.replace(clean, 0.2);
    int n = clean.split().train().length;
    // of 287 replaced labels a tenth is drawn right: 258.7, deviation 5.1
    assertThat((double) changed(clean, noisy, clean.split().train()).length)
        .isCloseTo(0.2 * n * 0.9, within(20.0));
    assertThat(changed(clean, noisy, clean.split().test())).isEmpty();
    assertThat(LabelNoise.replace(clean, 0).labels()).isEqualTo(clean.labels());
    assertThat(noisy.sha256()).isNotEqualTo(clean.sha256());
  }

  @Test
  void randomLabelsAreUniformAndSmallerSharesArePartsOfLargerOnes() {
    DataSet clean = digits();
    DataSet random = LabelNoise.replace(clean, 1);
    int[] train = clean.split().train();
    double agree =
        1 - (double) changed(clean, random, train).length / train.length; // deviation 0.008
    assertThat(agree).isCloseTo(0.1, within(0.035));
    DataSet some = LabelNoise.replace(clean, 0.3);
    IntStream.of(changed(clean, some, train))
        .forEach(i -> assertThat(some.labels()[i]).isEqualTo(random.labels()[i]));
    assertThatThrownBy(() -> LabelNoise.replace(clean, 1.1)).hasMessageContaining("[0, 1]");
  }
}
