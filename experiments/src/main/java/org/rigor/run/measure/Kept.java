// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.rigor.exec.DeviceException;

/**
 * A cache of what the measurements of a pack compiled, for later groups of a large pack and later
 * probes of a training. It holds device memory and releases it when a measurement runs out.
 */
public final class Kept implements AutoCloseable {
  private final Map<Object, Entry> all = new LinkedHashMap<>();

  private final boolean keeps;

  public Kept() {
    this(true);
  }

  private Kept(boolean keeps) {
    this.keeps = keeps;
  }

  /** Returns a cache that keeps nothing: it closes what is compiled after use. */
  static Kept nothing() {
    return new Kept(false);
  }

  private record Entry(int models, AutoCloseable compiled) {}

  /**
   * Uses what was compiled under this key for the same number of models, or compiles it.
   *
   * @param key everything else that determines what is compiled
   */
  <T extends AutoCloseable, R> R with(
      Object key, int models, Supplier<T> compile, Function<T, R> use) {
    if (!keeps) {
      T compiled = compile.get();
      try {
        return use.apply(compiled);
      } finally {
        close(compiled);
      }
    }
    Entry e = all.get(key);
    if (e == null || e.models() != models) {
      if (e != null) {
        all.remove(key);
        close(e.compiled());
      }
      e = new Entry(models, compile.get());
      all.put(key, e);
    }
    @SuppressWarnings("unchecked") // a key belongs to one measurement, which compiles one class
    T compiled = (T) e.compiled();
    return use.apply(compiled);
  }

  /** Runs a measurement; if memory runs out, closes what is kept and runs it again. */
  void making(Runnable measurement) {
    room(
        () -> {
          measurement.run();
          return null;
        });
  }

  /** Runs work as {@link #making} does and returns its result. */
  public <R> R room(Supplier<R> work) {
    try {
      return work.get();
    } catch (DeviceException e) {
      if (!e.isOutOfMemory() || all.isEmpty()) {
        throw e;
      }
    } catch (OutOfMemoryError e) {
      if (all.isEmpty()) {
        throw e;
      }
    }
    close();
    return work.get();
  }

  @Override
  public void close() {
    all.values().forEach(e -> close(e.compiled()));
    all.clear();
  }

  private static void close(AutoCloseable c) {
    try {
      c.close();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
