// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import static org.assertj.core.api.Assertions.assertThat;

import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;

/** Distances in units in the last place. */
final class Ulps {
  private Ulps() {}

  /**
   * Distance of a float from the exact value in ulps of that value, of the smallest normal number
   * below it; 0 if both are NaN or equal (an exact value beyond the range equals infinity).
   */
  static double distance(double actual, double exact) {
    if (Double.isNaN(actual) && Double.isNaN(exact)) {
      return 0;
    }
    if (actual == (float) exact) {
      return Math.abs(actual) == Double.POSITIVE_INFINITY ? 0 : error(actual, exact);
    }
    return error(actual, exact);
  }

  private static double error(double actual, double exact) {
    double e = Math.abs(actual - exact) / Math.ulp((float) exact);
    return Double.isNaN(e) ? Double.POSITIVE_INFINITY : e;
  }

  /** The largest distance of an F32 tensor from exact values. */
  static double largest(HostTensor actual, HostTensor exact) {
    double worst = 0;
    for (int i = 0; i < exact.shape().size(); i++) {
      worst = Math.max(worst, distance(actual.get(i), exact.get(i)));
    }
    return worst;
  }

  /** Every element within {@code ulps} of the largest magnitude of the expected tensor. */
  static void assertWithin(String what, HostTensor actual, HostTensor expected, double ulps) {
    assertThat(actual.dtype()).isEqualTo(DType.F32);
    float top = 0;
    for (float x : expected.floats()) {
      top = Math.max(top, Math.abs(x));
    }
    for (int i = 0; i < expected.shape().size(); i++) {
      assertThat(Math.abs(actual.get(i) - expected.get(i)))
          .as(what + ", element " + i)
          .isLessThanOrEqualTo(ulps * Math.ulp(top));
    }
  }
}
