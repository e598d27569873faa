// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory;

import java.util.List;

/**
 * A figure: measured points with their errors over the curve a theory predicts.
 *
 * @param name file name of letters, digits and '-'
 * @param title heading
 * @param x quantity and unit of the horizontal axis
 * @param y quantity and unit of the vertical axis
 * @param logX whether the horizontal axis is logarithmic
 * @param logY whether the vertical axis is logarithmic
 * @param series in the order of the legend
 */
public record Chart(
    String name,
    String title,
    String x,
    String y,
    boolean logX,
    boolean logY,
    List<Series> series) {

  /** The role of a series, which decides how it is drawn. */
  public enum Role {
    /** A curve without points. */
    THEORY,
    /**
     * Points with error bars or a band, joined by a thin line. With as many theoretical curves as
     * measured series the points are not joined: each series lies over its curve in the order
     * given.
     */
    MEASURED
  }

  /**
   * @param label in the legend
   * @param x positions, ascending
   * @param y values; NaN leaves a gap
   * @param error half width of the band or bar around each value; empty for none
   */
  public record Series(String label, Role role, double[] x, double[] y, double[] error) {
    public Series {
      if (x.length != y.length || (error.length != 0 && error.length != y.length)) {
        throw new IllegalArgumentException(
            "series '%s': %d positions, %d values, %d errors"
                .formatted(label, x.length, y.length, error.length));
      }
    }

    /** Returns a theoretical curve. */
    public static Series theory(String label, double[] x, double[] y) {
      return new Series(label, Role.THEORY, x, y, new double[0]);
    }

    /** Returns measured values with the half width of their error. */
    public static Series measured(String label, double[] x, double[] y, double... error) {
      return new Series(label, Role.MEASURED, x, y, error);
    }
  }
}
