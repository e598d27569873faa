// SPDX-License-Identifier: Apache-2.0
package org.rigor.data;

import org.rigor.tensor.Draws;

/**
 * Label noise from a fixed draw: a share of the training labels is replaced by uniform draws from
 * all classes. About 1 in {@code classes} of the replaced labels stays right; a share of 1 gives
 * random labels (Zhang et al. 2017).
 */
public final class LabelNoise {
  private static final int SITE = 0x4E4F4953;

  private LabelNoise() {}

  /**
   * Returns the data with round(share N) of the N training labels replaced. A larger share replaces
   * a superset of the labels with the same values; other parts keep their labels.
   *
   * @param share in [0, 1]
   * @throws IllegalArgumentException if {@code share} is outside its range
   */
  public static DataSet replace(DataSet set, double share) {
    if (!(share >= 0 && share <= 1)) {
      throw new IllegalArgumentException(
          "the share of replaced labels must lie in [0, 1], got " + share);
    }
    int[] order = set.split().train().clone();
    new Draws(0, SITE, 0).shuffle(order);
    int[] labels = set.labels().clone();
    long count = Math.round(share * order.length);
    Draws draws = new Draws(0, SITE, 1);
    for (int i = 0; i < count; i++) {
      labels[order[i]] = draws.below(set.classes());
    }
    return DataSet.of(
        set.name(),
        set.inputs(),
        labels,
        set.classes(),
        set.box(),
        set.split(),
        set.sources(),
        set.licence());
  }
}
