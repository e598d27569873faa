// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import java.util.Arrays;
import org.rigor.linalg.Rounding;

/**
 * Radii within which a classification cannot change, from certified margins and certified Lipschitz
 * constants (Tsuzuku et al. 2018; Leino et al. 2021). Margins are lower sides of the label's logit
 * minus another; a margin of 0 or less gives radius 0. Everything is rounded down.
 */
public final class CertifiedRadius {
  private CertifiedRadius() {}

  /**
   * Returns the Euclidean radius m / (sqrt(2) L): the difference of two logits is a product with a
   * vector of length sqrt(2).
   *
   * @param margin to the best other class
   * @param constant Euclidean, of all logits together
   */
  public static double l2(double margin, double constant) {
    return divided(margin, Rounding.mulUp(Rounding.sqrtUp(2), constant));
  }

  /**
   * Returns the radius m / (2 L): valid in the maximum norm with the constant of all logits
   * together, or in any norm with a constant that holds for each logit separately.
   */
  public static double separate(double margin, double constant) {
    return divided(margin, Rounding.mulUp(2, constant));
  }

  /**
   * Returns the smallest ratio of margin to constant over pairs of classes: tighter than {@link
   * #l2} if constants of the differences themselves are known.
   *
   * @param margins z_y - z_j for each class j
   * @param constants of z_y - z_j, in the same order
   * @param label the class y, whose entries are ignored
   */
  public static double pairwise(double[] margins, double[] constants, int label) {
    if (margins.length != constants.length) {
      throw new IllegalArgumentException(
          "certified radius: one constant for each margin is needed, got "
              + constants.length
              + " for "
              + margins.length);
    }
    double least = Double.POSITIVE_INFINITY;
    for (int j = 0; j < margins.length; j++) {
      least = j == label ? least : Math.min(least, divided(margins[j], constants[j]));
    }
    return least;
  }

  /**
   * Returns the Euclidean constants of all differences z_y - z_j of a last linear layer: |w_y -
   * w_j| times the constant of the features before it.
   *
   * @param weights [classes][features]
   */
  public static double[] differences(double[][] weights, int label, double features) {
    double[] out = new double[weights.length];
    for (int j = 0; j < weights.length; j++) {
      int n = weights[j].length;
      double squares = 0;
      for (int i = 0; i < n; i++) {
        // Each difference is rounded once, the squares and their sum n + 1 times.
        double d = Math.abs(weights[label][i] - weights[j][i]);
        double up = d == 0 ? 0 : Math.nextUp(d);
        squares += up * up;
      }
      double most = Rounding.mulUp(squares, Rounding.inflation(n + 1L));
      boolean equal = squares == 0 && Arrays.equals(weights[label], weights[j]);
      double underflow = equal ? 0 : n * Double.MIN_VALUE;
      double length = Rounding.sqrtUp(Rounding.addUp(most, underflow));
      out[j] = Rounding.mulUp(length, features);
    }
    return out;
  }

  /**
   * Returns the radius from a constant that holds only within a ball: the smaller of the ball's
   * radius and that from the constant.
   *
   * @param radius by the constant of the ball
   * @param ball radius in which that constant holds
   */
  public static double local(double radius, double ball) {
    return Math.min(radius, ball);
  }

  private static double divided(double margin, double constant) {
    if (Double.isNaN(margin) || !(constant >= 0)) {
      throw new IllegalArgumentException(
          "certified radius: needs a margin and a constant >= 0, got " + margin + ", " + constant);
    }
    if (margin <= 0) {
      return 0;
    }
    return constant == 0 ? Double.POSITIVE_INFINITY : Rounding.divDown(margin, constant);
  }
}
