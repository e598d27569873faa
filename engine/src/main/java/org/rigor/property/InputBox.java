// SPDX-License-Identifier: Apache-2.0
package org.rigor.property;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.Optional;

/**
 * Closed box of inputs with exact decimal sides. Sides at which a strict bound excludes the point
 * itself count as closed here; {@link Clause#contains} knows them.
 */
public final class InputBox {
  private final BigDecimal[] lower;
  private final BigDecimal[] upper;

  /**
   * @param lower a null is no bound
   * @param upper a null is no bound
   */
  private InputBox(BigDecimal[] lower, BigDecimal[] upper) {
    this.lower = lower;
    this.upper = upper;
  }

  /** Returns all of the input space. */
  static InputBox all(int inputs) {
    return new InputBox(new BigDecimal[inputs], new BigDecimal[inputs]);
  }

  /** Returns a copy that {@link #atLeast} and {@link #atMost} may change. */
  InputBox copy() {
    return new InputBox(lower.clone(), upper.clone());
  }

  void atLeast(int i, BigDecimal bound) {
    lower[i] = lower[i] == null ? bound : lower[i].max(bound);
  }

  void atMost(int i, BigDecimal bound) {
    upper[i] = upper[i] == null ? bound : upper[i].min(bound);
  }

  public int size() {
    return lower.length;
  }

  /** Returns the lower side of an input; null if it has none. */
  public BigDecimal lower(int i) {
    return lower[i];
  }

  /** Returns the upper side of an input; null if it has none. */
  public BigDecimal upper(int i) {
    return upper[i];
  }

  /** Returns whether an input is fixed to one number. */
  public boolean fixes(int i) {
    return lower[i] != null && upper[i] != null && lower[i].compareTo(upper[i]) == 0;
  }

  /** Returns why no point lies in the box, if so. */
  Optional<String> empty() {
    for (int i = 0; i < lower.length; i++) {
      if (lower[i] != null && upper[i] != null && lower[i].compareTo(upper[i]) > 0) {
        return Optional.of("X_%d must be >= %s and <= %s".formatted(i, lower[i], upper[i]));
      }
    }
    return Optional.empty();
  }

  /** Returns which bound is missing or outside the numbers of a float, if any. */
  Optional<String> unbounded() {
    BigDecimal most = Decimals.exact(Float.MAX_VALUE);
    for (int i = 0; i < lower.length; i++) {
      if (lower[i] == null || upper[i] == null) {
        String side = lower[i] == null ? "lower" : "upper";
        return Optional.of("X_%d has no %s bound".formatted(i, side));
      }
      if (lower[i].abs().compareTo(most) > 0 || upper[i].abs().compareTo(most) > 0) {
        return Optional.of("X_%d has a bound that no float has the size of".formatted(i));
      }
    }
    return Optional.empty();
  }

  boolean contains(BigDecimal[] x) {
    for (int i = 0; i < x.length; i++) {
      if (x[i].compareTo(lower[i]) < 0 || x[i].compareTo(upper[i]) > 0) {
        return false;
      }
    }
    return true;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof InputBox b
        && Arrays.equals(lower, b.lower)
        && Arrays.equals(upper, b.upper);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(lower) + Arrays.hashCode(upper);
  }
}
