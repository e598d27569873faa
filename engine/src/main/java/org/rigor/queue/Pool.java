// SPDX-License-Identifier: Apache-2.0
package org.rigor.queue;

import java.util.Arrays;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Items that wait for each model, from a host's point of view.
 *
 * @param size number of all items N; items are numbered from 0
 * @param items each model's, in the order in which it takes them
 */
public record Pool(int size, int[][] items) {
  /** Returns a pool with every item for every model. */
  public static Pool all(int models, int size) {
    int[][] items = new int[models][];
    Arrays.fill(items, IntStream.range(0, size).toArray());
    return new Pool(size, items);
  }

  /**
   * Returns a pool of some items in ascending order.
   *
   * @param waits called with {@code model * size + item}: whether the item waits for the model
   */
  public static Pool where(int models, int size, IntPredicate waits) {
    return all(models, size).where(waits);
  }

  /** Returns this pool without the items that {@code stays} rejects; numbered as there. */
  public Pool where(IntPredicate stays) {
    int[][] some = new int[items.length][];
    for (int m = 0; m < items.length; m++) {
      int first = m * size;
      some[m] = Arrays.stream(items[m]).filter(i -> stays.test(first + i)).toArray();
    }
    return new Pool(size, some);
  }

  /** Returns {@code model * size + item} for each item of each model. */
  public int[] each() {
    return IntStream.range(0, items.length)
        .flatMap(m -> Arrays.stream(items[m]).map(i -> m * size + i))
        .toArray();
  }

  /** Returns whether nothing waits. */
  public boolean isEmpty() {
    return Arrays.stream(items).allMatch(own -> own.length == 0);
  }

  /** Returns the items that wait for any model, ascending. */
  int[] any() {
    return Arrays.stream(items).flatMapToInt(Arrays::stream).distinct().sorted().toArray();
  }
}
