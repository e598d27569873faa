// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.Comparator;
import java.util.stream.IntStream;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Models;

/** Target classes of the starts, those that a {@link TargetRule} puts first. */
final class Targets {
  private Targets() {}

  /**
   * Ranks the classes of each model and sample by the rule of an attack.
   *
   * @param x [N, features...]
   * @param labels I32 [N]
   * @param logits [M, N, K] at the clean points
   * @return I32 [M, N, starts], the class of each start
   */
  static HostTensor of(
      CurveAttack attack, Models networks, HostTensor x, HostTensor labels, double[] logits) {
    double[] scores = attack.rule().scores(networks, attack.threat().norm(), x, labels, logits);
    return of(attack, scores, networks.count(), labels);
  }

  /**
   * Returns the classes of the starts.
   *
   * @param scores [M, N, K]
   * @param labels I32 [N]
   * @return I32 [M, N, starts]
   */
  static HostTensor of(CurveAttack attack, double[] scores, int models, HostTensor labels) {
    int samples = labels.shape().dim(0);
    int starts = attack.starts();
    int[] all = new int[models * samples * starts];
    int[][] ranked = ranked(scores, models, labels);
    for (int r = 0; r < ranked.length; r++) {
      for (int s = 0; s < starts; s++) {
        boolean none = ranked[r].length == 0;
        all[r * starts + s] = none ? (int) labels.get(r % samples) : ranked[r][attack.target(s)];
      }
    }
    return HostTensor.of(Shape.of(models, samples, starts), all);
  }

  /**
   * Returns the wrong classes of each model and sample by descending score, ties by ascending
   * class, NaN last.
   *
   * @param scores [M, N, K]
   * @return [M * N][K - 1]
   */
  static int[][] ranked(double[] scores, int models, HostTensor labels) {
    int samples = labels.shape().dim(0);
    int classes = scores.length / models / samples;
    int[][] all = new int[models * samples][];
    for (int r = 0; r < all.length; r++) {
      int at = r * classes;
      int label = (int) labels.get(r % samples);
      Comparator<Integer> higher =
          Comparator.comparingDouble(
              k -> Double.isNaN(scores[at + k]) ? Double.POSITIVE_INFINITY : -scores[at + k]);
      all[r] =
          IntStream.range(0, classes)
              .filter(k -> k != label)
              .boxed()
              .sorted(higher)
              .mapToInt(k -> k)
              .toArray();
    }
    return all;
  }
}
