// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.figure;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.stream.DoubleStream;

/**
 * Maps values to pixels and chooses ticks.
 *
 * @param label with its unit
 * @param min least value shown
 * @param max greatest value shown
 * @param log whether equal ratios have equal lengths
 * @param whole whether only whole numbers have a meaning, as for epochs
 */
record Axis(String label, double min, double max, boolean log, boolean whole) {
  /** Least number of ticks that shows a scale. */
  static final int LEAST_TICKS = 3;

  /** Finest step relative to the values; below it printed doubles coincide. */
  private static final double RESOLUTION = 1e-9;

  Axis {
    if (!(min < max) || (log && !(min > 0)) || Double.isInfinite(min) || Double.isInfinite(max)) {
      throw new IllegalArgumentException("an axis cannot go from " + min + " to " + max);
    }
  }

  Axis(String label, double min, double max, boolean log) {
    this(label, min, max, log, false);
  }

  /** Returns an axis that shows all finite values with a margin, also around equal values. */
  static Axis around(String label, DoubleStream values, boolean log) {
    DoubleSummaryStatistics s = values.filter(Double::isFinite).summaryStatistics();
    return s.getCount() == 0
        ? new Axis(label, log ? 0.1 : 0, 1, log)
        : around(label, s.getMin(), s.getMax(), log);
  }

  /** Returns an axis that shows all values with a margin, also around equal values. */
  static Axis around(String label, double min, double max, boolean log) {
    if (log) {
      double low = Math.max(min, Double.MIN_NORMAL);
      double high = Math.max(max, low);
      return new Axis(
          label, Math.max(low / 1.25, Double.MIN_NORMAL / 2), finite(high * 1.25), true);
    }
    double room = max > min ? 0.04 * (max - min) : max == 0 ? 1 : 0.1 * Math.abs(max);
    // Widen a range below the resolution of its values, such as rounding errors around 1.
    room = Math.max(room, RESOLUTION * Math.max(Math.abs(min), Math.abs(max)));
    room = Math.max(finite(room), Double.MIN_NORMAL);
    return new Axis(label, finite(min - room), finite(max + room), false);
  }

  /** Returns the axis restricted to whole numbers, widened to hold at least three of them. */
  Axis ofWholeNumbers() {
    double first = Math.ceil(min);
    return new Axis(
        label, min, Math.max(max, first + LEAST_TICKS - 1 + (first - min)), false, true);
  }

  private static double finite(double v) {
    return Math.max(-Double.MAX_VALUE, Math.min(Double.MAX_VALUE, v));
  }

  /** Returns whether a value lies beyond an end or cannot be shown at all. */
  boolean cuts(double v) {
    return v < min || v > max || (log && !(v > 0));
  }

  /** Returns the position of a value between two pixels; values outside are clamped to the edge. */
  double at(double v, double from, double to) {
    double c = Math.max(min, Math.min(max, v));
    double t =
        log
            ? (Math.log(c) - Math.log(min)) / (Math.log(max) - Math.log(min))
            : (c / 2 - min / 2) / (max / 2 - min / 2);
    return from + t * (to - from);
  }

  /**
   * A marked value.
   *
   * @param text its digits, enough to tell it from its neighbours
   */
  record Tick(double value, String text) {}

  /** Returns at least three round values to mark: multiples of 1, 2 or 5 times a power of ten. */
  List<Tick> ticks(int about) {
    if (log) {
      List<Double> powers = logTicks(about);
      if (powers.size() >= LEAST_TICKS) {
        return powers.stream().map(v -> new Tick(v, show(v))).toList();
      }
    }
    double span = max / 2 - min / 2;
    double raw = 2 * (span / Math.max(about, LEAST_TICKS));
    double power = Math.pow(10, Math.floor(Math.log10(raw)));
    // From coarse to fine: take the first step with enough ticks that is no coarser than asked for.
    double[] steps = {10, 5, 2, 1, 0.5, 0.2, 0.1};
    List<Tick> out = List.of();
    for (double m : steps) {
      double step = whole ? Math.max(1, Math.rint(m * power)) : m * power;
      if (step < raw * 0.999 && out.size() >= LEAST_TICKS) {
        break;
      }
      out = Double.isFinite(step) ? multiples(step) : out;
    }
    return out;
  }

  private List<Tick> multiples(double step) {
    List<Tick> out = new ArrayList<>();
    double first = Math.ceil(min / step - 1e-9);
    for (int i = 0; i <= 50 && first + i <= max / step + 1e-9; i++) {
      double v = finite((first + i) * step);
      out.add(new Tick(v, show(v, step)));
    }
    return out;
  }

  private List<Double> logTicks(int about) {
    int low = (int) Math.floor(Math.log10(min));
    int high = (int) Math.ceil(Math.log10(max));
    double[][] choices = {{1, 2, 3, 4, 5, 6, 8}, {1, 2, 5}, {1, 3}, {1}};
    List<Double> out = new ArrayList<>();
    for (double[] mantissas : choices) {
      out.clear();
      for (int e = low; e <= high; e++) {
        for (double m : mantissas) {
          double v = m * Math.pow(10, e);
          if (v >= min * 0.9999 && v <= max * 1.0001) {
            out.add(v);
          }
        }
      }
      if (out.size() <= about) {
        return out;
      }
    }
    // Many decades: mark every second one, or every third, and so on.
    int stride = (out.size() + about - 1) / about;
    List<Double> some = new ArrayList<>();
    for (int i = 0; i < out.size(); i += stride) {
      some.add(out.get(i));
    }
    return some;
  }

  /** Returns the text of a number, to six digits. */
  static String show(double v) {
    return show(new BigDecimal(v, new MathContext(6)));
  }

  /** Returns the text of a multiple of a step, with the digits that the step needs. */
  static String show(double v, double step) {
    int decimals = (int) Math.ceil(-Math.log10(step) - 1e-9);
    BigDecimal round = new BigDecimal(v).setScale(decimals, RoundingMode.HALF_EVEN);
    return show(round.round(new MathContext(15)));
  }

  private static String show(BigDecimal v) {
    if (v.signum() == 0) {
      return "0";
    }
    BigDecimal plain = v.stripTrailingZeros();
    int exponent = plain.precision() - plain.scale() - 1;
    return exponent < 5 && exponent >= -3
        ? plain.toPlainString()
        : plain.scaleByPowerOfTen(-exponent).toPlainString() + "e" + exponent;
  }
}
