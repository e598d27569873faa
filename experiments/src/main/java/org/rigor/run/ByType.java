// SPDX-License-Identifier: Apache-2.0
package org.rigor.run;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * A table that maps the records of a family to what each becomes. An entry for an interface applies
 * to every record that implements it and has no more specific entry. A record without an entry is
 * an error when the table is made.
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
   * @throws IllegalStateException if the type already has one
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
      if (entry(c) != null) {
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
    Function<S, T> entry = entry(spec.getClass());
    if (entry == null) {
      throw unlisted(spec.getClass());
    }
    return entry.apply(spec);
  }

  /**
   * Returns the entry of a type, or of the first listed type it belongs to; null if there is none.
   */
  private Function<S, T> entry(Class<?> type) {
    Function<S, T> own = entries.get(type);
    if (own != null) {
      return own;
    }
    return entries.entrySet().stream()
        .filter(e -> e.getKey().isAssignableFrom(type))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(null);
  }

  private IllegalStateException unlisted(Class<?> c) {
    return new IllegalStateException(
        "no entry for %s in the table of %s".formatted(c.getName(), family.getSimpleName()));
  }
}
