// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;
import org.rigor.exec.Spent;

/** Nanoseconds of all threads: a clock is read twice a program and a product. Thread-safe. */
final class Meter {
  private final int threads;
  private final Map<String, LongAdder> programs = new ConcurrentHashMap<>();
  private final LongAdder products = new LongAdder();

  /**
   * @param threads which share each second
   */
  Meter(int threads) {
    this.threads = threads;
  }

  /** Returns the sum of the programs of a name, which they add to. */
  LongAdder program(String name) {
    return programs.computeIfAbsent(name, n -> new LongAdder());
  }

  /** Returns the sum of matrix products. */
  LongAdder products() {
    return products;
  }

  Spent spent() {
    Map<String, Double> seconds =
        programs.entrySet().stream()
            .collect(Collectors.toMap(Map.Entry::getKey, e -> seconds(e.getValue())));
    return new Spent(seconds, seconds(products));
  }

  private double seconds(LongAdder nanos) {
    return nanos.sum() / 1e9 / threads;
  }
}
