// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.Comparator;
import java.util.stream.IntStream;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/** Target classes of the starts: the likeliest wrong classes at the clean point come first. */
final class Targets {
  private Targets() {}

  /**
   * Ranks the classes of each model and sample; ties go to the lower class, and NaN logits come
   * last.
   *
   * @param logits [M, N, K] at the clean points
   * @param labels I32 [N]
   * @return I32 [M, N, starts], the class of each start
   */
  static HostTensor of(CurveAttack attack, double[] logits, int models, HostTensor labels) {
    int samples = labels.shape().dim(0);
    int classes = logits.length / models / samples;
    int starts = attack.starts();
    int[] all = new int[models * samples * starts];
    for (int r = 0; r < models * samples; r++) {
      int at = r * classes;
      int label = (int) labels.get(r % samples);
      Comparator<Integer> likelier =
          Comparator.comparingDouble(
              k -> Double.isNaN(logits[at + k]) ? Double.POSITIVE_INFINITY : -logits[at + k]);
      int[] ranked =
          IntStream.range(0, classes)
              .filter(k -> k != label)
              .boxed()
              .sorted(likelier)
              .mapToInt(k -> k)
              .toArray();
      for (int s = 0; s < starts; s++) {
        all[r * starts + s] = ranked.length == 0 ? label : ranked[attack.target(s)];
      }
    }
    return HostTensor.of(Shape.of(models, samples, starts), all);
  }
}
