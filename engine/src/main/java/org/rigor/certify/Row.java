// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.Arrays;

/** A number to bound from below over a cell of a region, and what an ascent found of it. */
final class Row {
  /** Values z that a cell restricts, by number, to {@code sign z >= sign point}. */
  static final class Cell {
    static final Cell WHOLE = new Cell(null, -1, new int[0], new byte[0], new double[0]);

    private final Cell parent;
    private final int edited;
    private final int[] at;
    private final byte[] signs;
    private final double[] points;
    private final Shelf.Held held = new Shelf.Held();

    private Cell(Cell parent, int edited, int[] at, byte[] signs, double[] points) {
      this.parent = parent;
      this.edited = edited;
      this.at = at;
      this.signs = signs;
      this.points = points;
    }

    int[] at() {
      return at;
    }

    byte[] signs() {
      return signs;
    }

    double[] points() {
      return points;
    }

    /** Returns the cell that this is a part of; null for the whole region. */
    Cell parent() {
      return parent;
    }

    /** Returns the only entry that its parent has not, or has with another point. */
    int edited() {
      return edited;
    }

    /** Returns where it is kept on the device. */
    Shelf.Held held() {
      return held;
    }

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
      return new Cell(this, n, more, signed, moved);
    }

    int depth() {
      return at.length;
    }
  }

  /**
   * Numbers of an ascent: lower slopes of the {@link Site#chosen} elements of bent values, and a
   * multiplier for each value that the cell restricts. Any are sound. They lie in a {@link
   * NumberPool} as long as someone uses them, on the host, or in a file ({@link Overflow}).
   */
  static final class Numbers {
    private final NumberPool pool;
    private final int model;
    private final int[] chosen;
    private int place;
    private int users = 1;
    private final int depth;
    private float[] slopes;
    private float[] multipliers;

    /** Place in the file; -1 if they are not there. */
    private long written = -1;

    Numbers(float[] slopes, float[] multipliers) {
      this(null, 0, -1, new int[0], multipliers.length);
      this.slopes = slopes;
      this.multipliers = multipliers;
    }

    /**
     * @param place in the pool, -1 for numbers that the host is to keep
     * @param chosen elements whose slopes these are
     * @param depth number of multipliers
     */
    Numbers(NumberPool pool, int model, int place, int[] chosen, int depth) {
      this.pool = pool;
      this.model = model;
      this.place = place;
      this.chosen = chosen;
      this.depth = depth;
    }

    /** Returns the place in the pool, -1 if they are on the host alone. */
    int place() {
      return place;
    }

    /**
     * Takes a copy.
     *
     * @param row in the arrays, of all slopes and of the longest list of multipliers
     */
    void take(float[] all, float[] every, int row) {
      int width = pool.width();
      slopes = new float[chosen.length];
      for (int i = 0; i < slopes.length; i++) {
        slopes[i] = all[row * width + chosen[i]];
      }
      int first = row * RowPrograms.DEPTH;
      multipliers = Arrays.copyOfRange(every, first, first + depth);
      pool.overflow().hold(this);
    }

    /** Leaves the heap for the file. */
    void leave(Overflow file) {
      if (place < 0 && written < 0) {
        written = file.write(slopes, multipliers);
      }
      slopes = null;
      multipliers = null;
    }

    /** Returns how many bytes they take on the host. */
    long bytes() {
      return slopes == null ? 0 : (long) Float.BYTES * (slopes.length + multipliers.length);
    }

    /** Returns whether they are on their way to the host. */
    boolean arrives() {
      return slopes == null && place < 0 && written < 0;
    }

    private void fetch() {
      if (slopes != null) {
        return;
      }
      if (written >= 0) {
        float[] all = new float[chosen.length];
        float[] every = new float[depth];
        pool.overflow().read(written, all, every);
        slopes = all;
        multipliers = every;
        pool.overflow().hold(this);
      } else if (place < 0) {
        throw new IllegalStateException("numbers of a row are asked for that were let go");
      } else {
        Entries one = new Entries(pool.models(), 1);
        one.add(model, place);
        NumberPool.Fetched of = pool.fetch(one);
        take(of.slopes().get().floats(), of.multipliers().get().floats(), model);
      }
    }

    float[] slopes() {
      fetch();
      return slopes;
    }

    float[] multipliers() {
      fetch();
      return multipliers;
    }

    /** Adds a user to numbers, unless they are null. */
    static void keep(Numbers n) {
      if (n != null) {
        n.users++;
      }
    }

    /** Takes a user of numbers away, unless they are null; the last one frees the place. */
    static void drop(Numbers n) {
      if (n == null) {
        return;
      }
      n.users--;
      if (n.users < 0) {
        throw new IllegalStateException("numbers of a row were let go more often than kept");
      }
      if (n.users == 0 && n.pool != null) {
        n.free();
      }
    }

    private void free() {
      if (place >= 0) {
        pool.free(model, place);
        place = -1;
      }
      if (written >= 0) {
        pool.overflow().free(written, chosen.length + depth);
        written = -1;
      }
      pool.overflow().release(this);
      slopes = null;
      multipliers = null;
    }
  }

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

  /** Value that is best split; -1 if that gains nothing. */
  int branch = -1;

  /** Where to split that value. */
  double point;

  /** Sign of the row's number at the point that the bound points to; 1 if that is not known. */
  int value = 1;

  /** That point, [D], where the value is not positive. */
  double[] corner;

  /** Region that it was bounded over. */
  Site over;

  Numbers found;

  /**
   * Coefficients of margins.
   *
   * @param outputs [K]
   * @param inputs [D]; null where all are 0
   * @param held where it is kept on the device
   */
  record Objective(double[] outputs, double[] inputs, double constant, Shelf.Held held) {
    Objective(double[] outputs, double[] inputs, double constant) {
      this(outputs, inputs, constant, new Shelf.Held());
    }

    /** Returns the logit of a label less that of another class. */
    static Objective over(int classes, int label, int other) {
      double[] outputs = new double[classes];
      outputs[label] = 1;
      outputs[other] = -1;
      return new Objective(outputs, null, 0);
    }

    /**
     * Returns the other class of {@link #over}.
     *
     * @throws IllegalArgumentException if there is none
     */
    int other() {
      for (int j = 0; j < outputs.length; j++) {
        if (outputs[j] < 0) {
          return j;
        }
      }
      throw new IllegalArgumentException("no class with coefficient -1");
    }
  }

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
