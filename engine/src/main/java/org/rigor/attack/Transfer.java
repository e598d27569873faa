// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.rigor.diff.Kind;
import org.rigor.nn.TrialKey;
import org.rigor.queue.Pool;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Models;

/**
 * An attack that does not see the network which it is to fool: a surrogate gives its gradients, and
 * the network judges one point of each start, the one with the surrogate's largest loss.
 */
public final class Transfer {
  private Transfer() {}

  /**
   * Attacks a network by a surrogate at the one radius of an attack. Points are moved into the
   * exact ball, and judged as {@link CurveAttacker} confirms its successes.
   *
   * @param judge one network
   * @param surrogate one network, whose samples have as many numbers
   * @param x [N, features...] as the judge takes them, inside the box
   * @param labels I32 [N]
   * @return result of the judge; the first start whose point it misclassifies counts
   */
  public static CurveResult run(
      Models judge,
      Models surrogate,
      CurveAttack attack,
      TrialKey key,
      HostTensor x,
      HostTensor labels) {
    if (judge.count() != 1 || surrogate.count() != 1 || attack.epsilons().size() != 1) {
      throw new IllegalArgumentException(
          "transfer: needs one judge, one surrogate and one radius, got %d, %d and %s"
              .formatted(judge.count(), surrogate.count(), attack.epsilons()));
    }
    int samples = labels.shape().dim(0);
    int features = Math.toIntExact(judge.network().input().size());
    Shape seen = surrogate.network().input();
    if (seen.size() != features) {
      throw new IllegalArgumentException(
          "transfer: the surrogate takes samples of shape %s, the network of shape %s"
              .formatted(seen, judge.network().input()));
    }
    double epsilon = attack.epsilons().get(0);
    int[] survived = new int[samples];
    double[][] witness = new double[samples][];
    double[] distance = new double[samples];
    Arrays.fill(distance, Double.NaN);
    int[] start = new int[samples];
    int[] iterations = new int[samples];
    boolean[] undefined = new boolean[samples];
    int ambiguous = 0;
    try (RayCheck check = new RayCheck(judge.device(), judge, attack.threat(), x, labels)) {
      WitnessCheck.Result clean = check.clean().at();
      for (int n = 0; n < samples; n++) {
        survived[n] = clean.holds(n) ? 0 : 1;
        if (clean.holds(n)) {
          witness[n] = row(x, n, features);
          distance[n] = 0;
          undefined[n] = clean.undefined(n);
        }
      }
      List<HostTensor> made =
          TransferRun.run(
              surrogate, attack, List.of(key), x.reshape(seen.insert(0, samples)), labels);
      for (int s = 0; s < made.size(); s++) {
        double[] points = made.get(s).toDouble().doubles().clone();
        double[] far = new double[samples];
        for (int n = 0; n < samples; n++) {
          far[n] =
              attack.threat().confine(points, n * features, x, n * features, features, epsilon);
        }
        Pool open = Pool.where(1, samples, n -> survived[n] == 1);
        if (open.isEmpty()) {
          break;
        }
        Shape all = judge.network().input().insert(0, samples).insert(0, 1);
        HostTensor moved = HostTensor.of(all, points);
        WitnessCheck.Result found = check.points(open, moved);
        for (int n : open.each()) {
          if (found.holds(n)) {
            survived[n] = 0;
            witness[n] = row(moved.reshape(all.remove(0)), n, features);
            distance[n] = far[n];
            start[n] = s;
            iterations[n] = attack.attack().steps();
            undefined[n] = found.undefined(n);
          } else if (found.computed()[n] > 0) {
            ambiguous++;
          }
        }
      }
    }
    boolean any = IntStream.range(0, samples).anyMatch(n -> undefined[n]);
    return new CurveResult(
        new int[][] {survived},
        new double[][][] {witness},
        new double[][] {distance},
        new int[][] {iterations},
        new int[][] {start},
        new int[] {ambiguous},
        new boolean[][] {undefined},
        List.of(any ? Kind.BOUND : judge.network().kindOfSides()));
  }

  private static double[] row(HostTensor x, int n, int features) {
    double[] row = new double[features];
    x.copy(n * features, features, row, 0);
    return row;
  }
}
