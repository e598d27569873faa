// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import java.util.AbstractList;
import java.util.List;
import java.util.function.Supplier;

/** An unmodifiable list that is read when it is first used. Safe for use by several threads. */
final class LaterList<T> extends AbstractList<T> {
  private final Supplier<List<T>> read;
  private List<T> items;

  /**
   * @param read returns the items; called once
   */
  LaterList(Supplier<List<T>> read) {
    this.read = read;
  }

  private synchronized List<T> items() {
    if (items == null) {
      items = List.copyOf(read.get());
    }
    return items;
  }

  @Override
  public T get(int index) {
    return items().get(index);
  }

  @Override
  public int size() {
    return items().size();
  }
}
