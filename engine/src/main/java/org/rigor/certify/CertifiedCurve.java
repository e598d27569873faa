// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.Arrays;
import org.rigor.diff.Kind;

/**
 * Verification results over a curve of radii, by [model][sample], for the real-arithmetic function
 * of the stored parameters.
 *
 * @param survived number of leading epsilons at which every point of the ball within the box is
 *     classified as labelled
 * @param margins by [model][sample][epsilon]; null where none was computed because another radius
 *     decided
 * @param kind of both: CERTIFIED, or BOUND if the network has a function, such as tanh, whose
 *     rounding in double was measured and not proved
 */
public record CertifiedCurve(int[][] survived, Margins[][][] margins, Kind kind) {
  /**
   * Lower sides of one sample's margins at one radius, all from one certificate.
   *
   * @param method name of that certificate
   * @param least lower bound of the smallest margin z_y - max z_j in the region; NaN if nothing is
   *     known
   * @param classes at j a lower bound of the least z_y - z_j in the region; NaN at the label and
   *     where nothing is known
   */
  public record Margins(String method, double least, double[] classes) {
    /**
     * Returns the margins over {@code n} classes that an array holds from {@code at} on; what it
     * holds at the label means nothing.
     */
    static Margins of(String method, double[] all, int at, int n, int label) {
      double[] own = Arrays.copyOfRange(all, at, at + n);
      double least = Double.POSITIVE_INFINITY;
      for (int j = 0; j < n; j++) {
        least = j == label ? least : Math.min(least, own[j]); // NaN propagates
      }
      own[label] = Double.NaN;
      return new Margins(method, least, own);
    }
  }

  /**
   * Returns {@link Margins#least} of a model's sample at an epsilon, NaN where none was computed.
   */
  public double marginLower(int model, int sample, int epsilon) {
    Margins m = margins[model][sample][epsilon];
    return m == null ? Double.NaN : m.least();
  }
}
