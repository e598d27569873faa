// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GridPointsTest {
  private static final String STUDY =
      """
      name: grid
      data: {type: digits}
      model: {type: mlp, hidden: [5], activation: %s}
      training:
        epochs: %s
        optimiser: {type: sgd, learning-rate: 0.3}
        methods: [{type: standard}, {type: pgd, epsilon: %s}]
      measurements: [{type: lipschitz}]
      sweep: {seeds: 2%s}
      """;

  @TempDir Path folder;

  private StudyFile read(Object activation, Object epochs, Object epsilon, String grid)
      throws Exception {
    Path file = folder.resolve("grid.yaml");
    Files.writeString(file, STUDY.formatted(activation, epochs, epsilon, grid));
    return StudyFile.read(file, List.of());
  }

  /** Each point is the study written out by hand; what no key of the grid touches is made once. */
  @Test
  void pointsAreStudiesThatShareTheRest() throws Exception {
    StudyFile whole =
        read(
            "relu",
            1,
            0.1,
            ", grid: {model.activation: [relu, tanh], training.epochs: [1, 2],"
                + " training.methods.pgd.epsilon: [0.1, 0.2]}");
    int at = 0;
    for (String activation : List.of("relu", "tanh")) {
      for (int epochs : new int[] {1, 2}) {
        for (double epsilon : new double[] {0.1, 0.2}) {
          Study point = whole.points().get(at++).study();
          Study alone = read(activation, epochs, epsilon, "").study();
          assertThat(point.model()).isEqualTo(alone.model());
          assertThat(point.training()).isEqualTo(alone.training());
          assertThat(point.data()).isSameAs(whole.study().data());
          assertThat(point.measurements()).isSameAs(whole.study().measurements());
          assertThat(point.training().shared().optimiser())
              .isSameAs(whole.study().training().shared().optimiser());
        }
      }
    }
    assertThat(whole.points()).hasSize(at);
  }
}
