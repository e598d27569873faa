// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec;

import java.util.Map;
import java.util.function.Predicate;

/**
 * Seconds that a device has spent since it was opened; for reports only, since no two runs agree.
 *
 * @param programs by name of the program, as of all threads at work
 * @param products of these in matrix products
 */
public record Spent(Map<String, Double> programs, double products) {
  public Spent {
    programs = Map.copyOf(programs);
  }

  /** Returns the seconds in programs of some names. */
  public double in(Predicate<String> names) {
    return programs.entrySet().stream()
        .filter(e -> names.test(e.getKey()))
        .mapToDouble(Map.Entry::getValue)
        .sum();
  }
}
