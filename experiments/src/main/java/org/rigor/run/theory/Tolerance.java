// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory;

import java.util.Locale;

/**
 * The allowed distance of a measurement from its prediction, with the reason.
 *
 * @param allowed largest absolute difference, finite and at least 0
 * @param why for the table, for example {@code 4 s.e.} or {@code 1e-08 relative}
 */
public record Tolerance(double allowed, String why) {
  public Tolerance {
    if (!(allowed >= 0) || Double.isInfinite(allowed)) {
      throw new IllegalArgumentException(
          "a tolerance is finite and at least 0, got " + allowed + " (" + why + ")");
    }
  }

  private static String show(double v) {
    String s = String.format(Locale.ROOT, "%.3g", v);
    int e = s.indexOf('e') < 0 ? s.length() : s.indexOf('e');
    String digits = s.substring(0, e);
    return (digits.contains(".") ? digits.replaceAll("\\.?0+$", "") : digits) + s.substring(e);
  }

  /** Returns a tolerance on the absolute difference. */
  public static Tolerance absolute(double allowed) {
    return new Tolerance(allowed, show(allowed) + " absolute");
  }

  /** Returns a tolerance on the difference as a share of the prediction's magnitude. */
  public static Tolerance relative(double share, double predicted) {
    return new Tolerance(share * Math.abs(predicted), show(share) + " relative");
  }

  /** Returns a tolerance of some standard errors of the measurement. */
  public static Tolerance errors(double count, double standardError) {
    return new Tolerance(count * standardError, show(count) + " s.e.");
  }
}
