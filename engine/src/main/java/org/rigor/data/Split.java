// SPDX-License-Identifier: Apache-2.0
package org.rigor.data;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.rigor.tensor.Draws;

/**
 * The training and test samples: ascending, disjoint indices into the data set.
 *
 * @param train may be empty, for data used only to measure
 */
public record Split(int[] train, int[] test) {
  private static final int SITE = 0x53504C49;

  /** Returns a split in which all samples test. */
  public static Split allTest(int samples) {
    return new Split(new int[0], IntStream.range(0, samples).toArray());
  }

  /** Returns a split in which the first samples train and the others test. */
  public static Split at(int train, int samples) {
    return new Split(
        IntStream.range(0, train).toArray(), IntStream.range(train, samples).toArray());
  }

  /**
   * Returns a stratified split: each class gives its share of the test samples, rounded down, and
   * the classes with the largest remainders (the lower class first, when equal) one more until the
   * total is reached. A keyed shuffle selects samples within a class.
   *
   * @param test the number of test samples, 0 to the number of labels
   * @throws IllegalArgumentException if {@code test} is outside that range
   */
  public static Split stratified(int[] labels, int classes, int test, long seed) {
    if (test < 0 || test > labels.length) {
      throw new IllegalArgumentException(
          "the test part must have 0 to " + labels.length + " samples, got " + test);
    }
    int[] quota = quotas(labels, classes, test);
    boolean[] isTest = new boolean[labels.length];
    for (int c = 0; c < classes; c++) {
      int label = c;
      int[] members = IntStream.range(0, labels.length).filter(i -> labels[i] == label).toArray();
      new Draws(seed, SITE, c).shuffle(members);
      for (int i = 0; i < quota[c]; i++) {
        isTest[members[i]] = true;
      }
    }
    return new Split(
        IntStream.range(0, labels.length).filter(i -> !isTest[i]).toArray(),
        IntStream.range(0, labels.length).filter(i -> isTest[i]).toArray());
  }

  private static int[] quotas(int[] labels, int classes, int test) {
    long[] count = new long[classes];
    for (int label : labels) {
      count[label]++;
    }
    int[] quota = new int[classes];
    int given = 0;
    for (int c = 0; c < classes; c++) {
      quota[c] = (int) (count[c] * test / labels.length);
      given += quota[c];
    }
    Integer[] byRemainder = new Integer[classes];
    Arrays.setAll(byRemainder, c -> c);
    // The sort is stable, so equal remainders keep class order.
    Arrays.sort(
        byRemainder,
        (a, b) -> Long.compare(count[b] * test % labels.length, count[a] * test % labels.length));
    for (int i = 0; given < test; i++, given++) {
      quota[byRemainder[i]]++;
    }
    return quota;
  }
}
