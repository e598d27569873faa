// SPDX-License-Identifier: Apache-2.0
package org.rigor.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.rigor.io.DataException;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

class DataSetTest {
  private static DataSet of(float[] x, int[] y, Split split) {
    HostTensor inputs = HostTensor.of(Shape.of(x.length / 2, 2), x);
    return DataSet.of("toy", inputs, y, 2, Box.UNIT, split, List.of(), "none");
  }

  private static final float[] X = {0, 0.25f, 0.5f, 1};
  private static final int[] Y = {0, 1};

  @Test
  void gathersRowsByIndex() {
    DataSet d = of(X, Y, Split.allTest(2));
    assertThat(d.inputs(new int[] {1, 0, 1}).floats()).containsExactly(0.5f, 1, 0, 0.25f, 0.5f, 1);
    assertThat(d.labels(new int[] {1, 0, 1})).containsExactly(1, 0, 1);
  }

  @Test
  void refusesWhatIsNotADataSet() {
    Split all = Split.allTest(2);
    assertRefused(() -> of(new float[] {0, Float.NaN, 0, 0}, Y, all), "value 1 of sample 0 is NaN");
    assertRefused(
        () -> of(new float[] {0, 0, 1.5f, 0}, Y, all), "box [0.0, 1.0], value 0 of sample 1");
    assertRefused(() -> of(X, new int[] {0, 2}, all), "labels must lie in 0..1, label 1 is 2");
    assertRefused(() -> of(X, new int[] {-1, 0}, all), "label 0 is -1");
    assertRefused(() -> of(X, new int[] {0}, all), "2 inputs need as many labels, got 1");
    assertRefused(() -> of(X, Y, new Split(new int[] {0}, new int[] {0})), "sample 0 twice");
    assertRefused(() -> of(X, Y, new Split(new int[] {2}, new int[] {0})), "sample 2");
  }

  private static void assertRefused(Runnable r, String reason) {
    assertThatThrownBy(r::run)
        .isInstanceOf(DataException.class)
        .hasMessageContaining("toy")
        .hasMessageContaining(reason);
  }

  @Test
  void theChecksumCoversEverythingThatResultsDependOn() {
    Split all = Split.allTest(2);
    Set<String> sums = new HashSet<>();
    sums.add(of(X, Y, all).sha256());
    sums.add(of(new float[] {0, 0.25f, 0.5f, 0.75f}, Y, all).sha256());
    sums.add(of(X, new int[] {1, 1}, all).sha256());
    sums.add(of(X, Y, Split.at(1, 2)).sha256());
    sums.add(of(X, Y, new Split(new int[] {1}, new int[] {0})).sha256());
    HostTensor doubles = HostTensor.of(Shape.of(2, 2), X).toDouble();
    sums.add(DataSet.of("toy", doubles, Y, 2, Box.UNIT, all, List.of(), "").sha256());
    assertThat(sums).hasSize(6);
    assertThat(
            DataSet.of(
                    "other", HostTensor.of(Shape.of(2, 2), X), Y, 2, Box.NONE, all, List.of(), "")
                .sha256())
        .as("a name is not content")
        .isEqualTo(of(X, Y, all).sha256());
  }

  @Test
  void firstKeepsTheMeaningOfIndices() {
    DataSet digits = DataSets.load("digits", new DataRoots(List.of()));
    DataSet few = digits.first(10, -1);
    assertThat(few.size()).isEqualTo(digits.size());
    assertThat(few.split().train())
        .isEqualTo(IntStream.range(0, 10).map(i -> digits.split().train()[i]).toArray());
    assertThat(few.split().test()).isEqualTo(digits.split().test());
    assertThat(few.sha256()).isNotEqualTo(digits.sha256());
  }

  @Property(tries = 200)
  void stratifiedSplitsKeepSharesAndLoseNothing(
      @ForAll @Size(min = 1, max = 60) List<@IntRange(max = 4) Integer> list,
      @ForAll @IntRange(max = 1000) int share,
      @ForAll long seed) {
    int[] labels = list.stream().mapToInt(Integer::intValue).toArray();
    int test = labels.length * share / 1000;
    Split s = Split.stratified(labels, 5, test, seed);
    assertThat(s.test()).hasSize(test);
    assertThat(IntStream.concat(IntStream.of(s.train()), IntStream.of(s.test())).sorted().toArray())
        .isEqualTo(IntStream.range(0, labels.length).toArray());
    for (int c = 0; c < 5; c++) {
      int label = c;
      double exact =
          (double) IntStream.of(labels).filter(y -> y == label).count() * test / labels.length;
      long got = IntStream.of(s.test()).filter(i -> labels[i] == label).count();
      assertThat(Math.abs(got - exact)).isLessThan(1);
    }
    assertThat(Split.stratified(labels, 5, test, seed).test()).isEqualTo(s.test());
  }
}
