// SPDX-License-Identifier: Apache-2.0
package org.rigor.run;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * A table from the records of a family to what each becomes. A record without an entry is an error
 * when the table is made or, for a family that plugins extend, when it is asked for.
 *
 * @param <S> the family
 * @param <T> what its records become
 */
public final class ByType<S, T> {
  private final Class<S> family;
  private final Map<Class<?>, Function<S, T>> entries = new LinkedHashMap<>();

  private ByType(Class<S> family) {
    this.family = family;
  }

  /** Returns an empty table. */
  public static <S, T> ByType<S, T> of(Class<S> family) {
    return new ByType<>(family);
  }

  /**
   * Adds an entry.
   *
   * @throws IllegalStateException if the type has one
   */
  public <U> ByType<S, T> put(Class<U> type, Function<? super U, ? extends T> entry) {
    if (entries.putIfAbsent(type, s -> entry.apply(type.cast(s))) != null) {
      throw new IllegalStateException(type + " is listed twice");
    }
    return this;
  }

  /**
   * Returns this table.
   *
   * @throws IllegalStateException if a record of the sealed family has no entry
   */
  public ByType<S, T> complete() {
    Deque<Class<?>> open = new ArrayDeque<>();
    open.add(family);
    while (!open.isEmpty()) {
      Class<?> c = open.remove();
      if (entries.containsKey(c)) {
        continue;
      }
      if (!c.isSealed()) {
        throw unlisted(c);
      }
      open.addAll(List.of(c.getPermittedSubclasses()));
    }
    return this;
  }

  /**
   * Returns what a record becomes.
   *
   * @throws IllegalStateException if its type has no entry
   */
  public T apply(S spec) {
    Function<S, T> entry = entries.get(spec.getClass());
    if (entry == null) {
      throw unlisted(spec.getClass());
    }
    return entry.apply(spec);
  }

  private IllegalStateException unlisted(Class<?> c) {
    return new IllegalStateException(
        "no entry for %s in the table of %s".formatted(c.getName(), family.getSimpleName()));
  }
}
