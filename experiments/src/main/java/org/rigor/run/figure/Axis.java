// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.figure;

import java.math.BigDecimal;
import java.math.MathContext;
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
 */
record Axis(String label, double min, double max, boolean log) {
  Axis {
    if (!(min < max) || (log && !(min > 0))) {
      throw new IllegalArgumentException("an axis cannot go from " + min + " to " + max);
    }
  }

  /**
   * Returns an axis that shows all finite values with some room; equal values get room around them.
   */
  static Axis around(String label, DoubleStream values, boolean log) {
    DoubleSummaryStatistics s = values.filter(Double::isFinite).summaryStatistics();
    return s.getCount() == 0
        ? new Axis(label, log ? 0.1 : 0, 1, log)
        : around(label, s.getMin(), s.getMax(), log);
  }

  /** Returns an axis that shows all values with some room; equal values get room around them. */
  static Axis around(String label, double min, double max, boolean log) {
    if (log) {
      double low = min > 0 ? min : 1e-12;
      double high = Math.max(max, low);
      return new Axis(label, low / 1.25, high * 1.25, true);
    }
    double room = max > min ? 0.04 * (max - min) : Math.max(1e-9, 0.1 * Math.abs(max));
    // A range below the resolution of its values, such as rounding errors around 1, is widened.
    room = Math.max(room, 1e-9 * Math.max(Math.abs(min), Math.abs(max)));
    return new Axis(label, min - room, max + room, false);
  }

  /** Returns the position of a value between two pixels; values outside are set to the edge. */
  double at(double v, double from, double to) {
    double c = Math.max(min, Math.min(max, v));
    double t = log ? Math.log(c / min) / Math.log(max / min) : (c - min) / (max - min);
    return from + t * (to - from);
  }

  /** Returns round values to mark: multiples of 1, 2 or 5, or their powers of ten. */
  List<Double> ticks(int about) {
    return log ? logTicks(about) : linearTicks(about);
  }

  private List<Double> linearTicks(int about) {
    double raw = (max - min) / about;
    double power = Math.pow(10, Math.floor(Math.log10(raw)));
    double step = power;
    for (double m : new double[] {1, 2, 5, 10}) {
      step = m * power;
      if (step >= raw * 0.999) {
        break;
      }
    }
    List<Double> out = new ArrayList<>();
    for (long k = (long) Math.ceil(min / step - 1e-9); k * step <= max + 1e-9 * step; k++) {
      out.add(k * step);
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
    // Many decades: every other one, or every third, and so on.
    int stride = (out.size() + about - 1) / about;
    List<Double> some = new ArrayList<>();
    for (int i = 0; i < out.size(); i += stride) {
      some.add(out.get(i));
    }
    return some;
  }

  /** Returns the text of a tick. */
  static String show(double v) {
    if (v == 0) {
      return "0";
    }
    double a = Math.abs(v);
    BigDecimal round = new BigDecimal(v, new MathContext(6)).stripTrailingZeros();
    if (a < 1e5 && a >= 1e-3) {
      return round.toPlainString();
    }
    int exponent = round.precision() - round.scale() - 1;
    return round.scaleByPowerOfTen(-exponent).toPlainString() + "e" + exponent;
  }
}
