// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.rigor.run.trial.Example;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * The samples of each model that fell nearest to themselves, for figures.
 *
 * @param part indices of the samples in the data
 * @param x the samples
 * @param y their labels
 */
record FallenExamples(Context c, int[] part, HostTensor x, HostTensor y, List<Double> epsilons) {
  private static final int EXAMPLES = 16;

  /**
   * Returns the examples of each model, nearest first; only their witnesses are classified.
   *
   * @param survived number of leading epsilons without a success, [M][N]
   * @param witness misclassified points, features flat, or null, [M][N]
   * @param distance of the witnesses, [M][N]
   */
  List<List<Example>> of(int[][] survived, double[][][] witness, double[][] distance) {
    int models = witness.length;
    int features = Math.toIntExact(x.shape().size() / part.length);
    int[][] chosen =
        IntStream.range(0, models)
            .mapToObj(m -> nearest(witness[m], distance[m]))
            .toArray(int[][]::new);
    int most = Arrays.stream(chosen).mapToInt(own -> own.length).max().orElseThrow();
    if (most == 0) {
      return Collections.nCopies(models, List.of());
    }
    double[] points = new double[models * most * features];
    for (int m = 0; m < models; m++) {
      for (int i = 0; i < chosen[m].length; i++) {
        double[] w = witness[m][chosen[m][i]];
        System.arraycopy(w, 0, points, (m * most + i) * features, features);
      }
    }
    Predictions fooled = Predictions.ofPoints(c.models(), points, most);
    return IntStream.range(0, models)
        .mapToObj(m -> examples(chosen[m], survived[m], witness[m], fooled, m, features))
        .toList();
  }

  private static int[] nearest(double[][] witness, double[] distance) {
    return IntStream.range(0, witness.length)
        .boxed()
        .filter(n -> witness[n] != null && distance[n] > 0)
        .sorted(Comparator.comparingDouble(n -> distance[n]))
        .limit(EXAMPLES)
        .mapToInt(n -> n)
        .toArray();
  }

  private List<Example> examples(
      int[] chosen, int[] survived, double[][] witness, Predictions fooled, int m, int features) {
    Shape s = c.network().input();
    boolean picture = s.rank() >= 2 && s.dim(0) > 1 && s.dim(1) > 1;
    int height = picture ? s.dim(0) : 1;
    int width = picture ? s.dim(1) : features;
    int channels = picture && s.rank() == 3 ? s.dim(2) : 1;
    List<Example> out = new ArrayList<>();
    for (int e = 0; e < chosen.length; e++) {
      int n = chosen[e];
      float[] clean = new float[features];
      float[] adversarial = new float[features];
      for (int i = 0; i < features; i++) {
        clean[i] = (float) x.get(n * features + i);
        adversarial[i] = (float) witness[n][i];
      }
      out.add(
          new Example(
              part[n],
              (int) y.get(n),
              fooled.predicted(m, e),
              epsilons.get(survived[n]),
              height,
              width,
              channels,
              clean,
              adversarial));
    }
    return out;
  }
}
