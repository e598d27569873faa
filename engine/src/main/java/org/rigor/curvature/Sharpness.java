// SPDX-License-Identifier: Apache-2.0
package org.rigor.curvature;

import java.util.Arrays;
import java.util.Map;
import org.rigor.tensor.HostTensor;

/**
 * How far the mean loss of M models rises in a Euclidean ball of weights (Foret et al. 2021), by
 * projected gradient ascent from the centre. The ascent attains the reported rise, so it is an
 * ESTIMATE from below of the true maximum.
 *
 * @param loss at the centre, [M]
 * @param rise largest loss found minus {@code loss}, [M], at least 0
 */
public record Sharpness(double[] loss, double[] rise) {

  /**
   * Measures, and returns the surface to its starting point.
   *
   * @param radius of the ball, greater than 0
   * @param steps of normalised ascent, at least 1; one step is that of SAM
   * @param relativeStep length of a step over the radius, greater than 0
   * @throws IllegalArgumentException if one is out of range
   */
  public static Sharpness of(LossSurface surface, double radius, int steps, double relativeStep) {
    if (!(radius > 0) || steps < 1 || !(relativeStep > 0)) {
      throw new IllegalArgumentException(
          "sharpness: needs radius > 0, steps >= 1 and a relative step > 0, got %s, %d and %s"
              .formatted(radius, steps, relativeStep));
    }
    Map<String, HostTensor> home = surface.parameters();
    double[][] centre = surface.vector().of(home, surface.models());
    double[][] at = Arrays.stream(centre).map(double[]::clone).toArray(double[][]::new);
    double[] first = surface.loss();
    double[] best = first.clone();
    try {
      for (int s = 0; s < steps; s++) {
        double[][] gradient = surface.gradient();
        for (int m = 0; m < at.length; m++) {
          ascend(at[m], centre[m], gradient[m], radius, relativeStep);
        }
        surface.move(surface.vector().into(home, at));
        double[] now = surface.loss();
        for (int m = 0; m < best.length; m++) {
          best[m] = Math.max(best[m], now[m]);
        }
      }
    } finally {
      surface.move(home);
    }
    double[] rise = new double[best.length];
    for (int m = 0; m < rise.length; m++) {
      rise[m] = best[m] - first[m];
    }
    return new Sharpness(first, rise);
  }

  private static void ascend(
      double[] at, double[] centre, double[] gradient, double radius, double relativeStep) {
    double length = Vectors.norm(gradient);
    if (length > 0) {
      Vectors.add(at, radius * relativeStep / length, gradient);
    }
    double[] moved = at.clone();
    Vectors.add(moved, -1, centre);
    double far = Vectors.norm(moved);
    if (far > radius) {
      System.arraycopy(centre, 0, at, 0, at.length);
      Vectors.add(at, radius / far, moved);
    }
  }
}
