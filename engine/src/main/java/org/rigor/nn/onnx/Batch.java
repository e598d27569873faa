// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

/**
 * Place of the samples in a tensor of the file. The engine keeps samples on an axis of their own
 * and computes each alone, as the file does for a batch of one; the place says what the file does
 * with more, so that one which joins samples is refused. A file may move its batch, or merge it
 * with a neighbouring axis, as attention does with heads.
 *
 * @param axis the axis that counts samples; -1 if none does
 * @param outer extent of what the axis counts before samples
 * @param inner extent of what the axis counts within a sample: it has outer x N x inner elements
 * @param free true if the file takes any number of samples; if it takes one alone, the axis is any
 *     of extent 1
 */
record Batch(int axis, int outer, int inner, boolean free) {
  /**
   * Number of samples for which shapes are computed beside one: a prime, so that an extent which
   * counts samples shows.
   */
  static final long MANY = 1_000_003;

  /** The place in a tensor of one sample without an axis of extent 1. */
  static final Batch NOWHERE = new Batch(-1, 1, 1, false);

  static Batch first(boolean free) {
    return new Batch(0, 1, 1, free);
  }

  /** Returns the place in a tensor of one sample: its first axis of extent 1. */
  static Batch ofOne(int[] dims) {
    for (int i = 0; i < dims.length; i++) {
      if (dims[i] == 1) {
        return new Batch(i, 1, 1, false);
      }
    }
    return NOWHERE;
  }

  /** Returns whether an axis counts samples and nothing else. */
  boolean alone() {
    return axis >= 0 && outer == 1 && inner == 1;
  }

  /** Returns whether the first axis counts samples and nothing else. */
  boolean leads() {
    return alone() && axis == 0;
  }

  Batch at(int other) {
    return new Batch(other, outer, inner, free);
  }

  /** Returns the place behind {@code more} new leading axes. */
  Batch behind(int more) {
    return axis < 0 ? this : at(axis + more);
  }

  /** Returns the place without another axis. */
  Batch without(int gone) {
    return axis > gone ? at(axis - 1) : this;
  }

  /**
   * Returns the common place of operands whose axes are aligned.
   *
   * @throws IllegalArgumentException if they would join samples
   */
  static Batch both(Batch a, Batch b) {
    if (a.equals(b)) {
      return a;
    }
    if (a.free && b.free) {
      throw new IllegalArgumentException(
          "the operands would meet across the batch axis; samples must stay apart");
    }
    return a.alone() && b.alone() && a.axis == b.axis ? new Batch(a.axis, 1, 1, false) : NOWHERE;
  }

  /**
   * Returns the place when this axis meets {@code extent} elements that all samples share.
   *
   * @throws IllegalArgumentException if they would be shared out among samples
   */
  Batch against(int extent) {
    if (axis < 0 || extent == 1) {
      return this;
    }
    if (free && (alone() || extent != outer * inner)) {
      throw new IllegalArgumentException(
          extent + " elements would meet across the batch axis; samples must stay apart");
    }
    return NOWHERE; // only a batch of one fits
  }
}
