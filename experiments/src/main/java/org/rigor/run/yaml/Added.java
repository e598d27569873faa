// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.yaml;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Records that plugins add to a {@link Listed} interface. The plugin loader sets them before a
 * study is read, so the interfaces do not depend on plugins.
 */
public final class Added {
  private static final Map<Class<?>, List<Class<?>>> RECORDS = new ConcurrentHashMap<>();

  private Added() {}

  /** Replaces the records added to an interface. */
  public static <T> void set(Class<T> type, List<Class<? extends T>> records) {
    RECORDS.put(type, List.copyOf(records));
  }

  /** Returns the records added to an interface. */
  public static <T> List<Class<? extends T>> to(Class<T> type) {
    return RECORDS.getOrDefault(type, List.of()).stream()
        .<Class<? extends T>>map(c -> c.asSubclass(type))
        .toList();
  }
}
