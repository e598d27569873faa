// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import java.util.Locale;
import java.util.Optional;
import org.rigor.run.statistics.Interval;

/** Formats of numbers in tables. */
final class Format {
  private Format() {}

  /** Returns a share in percent with one decimal. */
  static String percent(double v) {
    return Double.isNaN(v) ? "-" : String.format(Locale.ROOT, "%.1f", 100 * v);
  }

  static String percent(Optional<Interval> i) {
    return i.map(x -> "[" + percent(x.low()) + ", " + percent(x.high()) + "]" + cut(x)).orElse("-");
  }

  /** Returns a number with three significant digits. */
  static String number(double v) {
    if (Double.isNaN(v)) {
      return "-";
    }
    if (Double.isInfinite(v)) {
      return v > 0 ? "inf" : "-inf";
    }
    double a = Math.abs(v);
    if (a != 0 && (a < 1e-3 || a >= 1e6)) {
      return String.format(Locale.ROOT, "%.2e", v);
    }
    return String.format(
        Locale.ROOT, a >= 100 ? "%.0f" : a >= 10 ? "%.1f" : a >= 1 ? "%.2f" : "%.3f", v);
  }

  /** Returns a measured value, as percent if it is a share; {@code undecided} for NaN. */
  static String value(boolean share, double v) {
    return Double.isNaN(v) ? "undecided" : share ? percent(v) : number(v);
  }

  static String number(Optional<Interval> i) {
    return i.map(x -> "[" + number(x.low()) + ", " + number(x.high()) + "]" + cut(x)).orElse("-");
  }

  private static String cut(Interval i) {
    return i.cut() ? " cut" : "";
  }

  static String seconds(double s) {
    return String.format(Locale.ROOT, s < 10 ? "%.1f s" : "%.0f s", s);
  }
}
