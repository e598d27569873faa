// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.Arrays;

/** A number to bound from below over a cell of a region, and what an ascent found of it. */
final class Row {
  /** Values z that a cell restricts, by number, to {@code sign z >= sign point}. */
  record Cell(int[] at, byte[] signs, double[] points) {
    static final Cell WHOLE = new Cell(new int[0], new byte[0], new double[0]);

    Cell and(int value, int sign) {
      return and(value, sign, 0);
    }

    /** Restricts a value, maybe further than before on the same side. */
    Cell and(int value, int sign, double point) {
      int n = 0;
      while (n < at.length && (at[n] != value || signs[n] != sign)) {
        n++;
      }
      boolean again = n < at.length;
      int[] more = again ? at : Arrays.copyOf(at, n + 1);
      byte[] signed = again ? signs : Arrays.copyOf(signs, n + 1);
      double[] moved = Arrays.copyOf(points, more.length);
      more[n] = value;
      signed[n] = (byte) sign;
      moved[n] = point;
      return new Cell(more, signed, moved);
    }

    int depth() {
      return at.length;
    }
  }

  /**
   * Numbers of an ascent: lower slopes of the {@link Site#chosen} elements of bent values, and a
   * multiplier for each value that the cell restricts. Any are sound.
   */
  record Numbers(float[] slopes, float[] multipliers) {}

  final int model;
  final int site;
  final Cell cell;

  /** Unit of a start, counted on for negatives; -1 for an {@link #objective}. */
  final int unit;

  final Objective objective;

  /** What the ascent begins with; null for CROWN's slopes. */
  final Numbers given;

  /** Length of the ascent's steps, relative to what is usual. */
  float rate = 1;

  /** Lower side of the row's number over its cell; NaN if nothing is known. */
  double bound = Double.NaN;

  /** Value that is best split, and how much that may gain; none if it is not positive. */
  int branch;

  double score;

  /** Where to split that value. */
  double point;

  /** Row's number at the point that the bound points to; of margins. */
  double value = Double.NaN;

  /** That point, [D], where the value is not positive. */
  double[] corner;

  /** Place in the results of the queue. */
  int place;

  Numbers found;

  /**
   * Coefficients of margins.
   *
   * @param outputs [K]
   * @param inputs [D]; null where all are 0
   */
  record Objective(double[] outputs, double[] inputs, double constant) {}

  private Row(int model, int site, Cell cell, int unit, Objective objective, Numbers given) {
    this.model = model;
    this.site = site;
    this.cell = cell;
    this.unit = unit;
    this.objective = objective;
    this.given = given;
  }

  /** Returns a row for a unit of a start; those from the number of units on are negatives. */
  static Row unit(int model, int site, Cell cell, int unit, Numbers given) {
    return new Row(model, site, cell, unit, null, given);
  }

  /** Returns a row linear in the logits. */
  static Row margin(int model, int site, Cell cell, Objective objective, Numbers given) {
    return new Row(model, site, cell, -1, objective, given);
  }

  /** Returns whether the point that the bound points to may violate the row. */
  boolean suspects() {
    return value <= 0;
  }
}
