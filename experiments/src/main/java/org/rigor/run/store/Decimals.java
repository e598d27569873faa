// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import java.nio.charset.StandardCharsets;

/** Doubles from decimal digits in ASCII. */
final class Decimals {
  /** Most decimal digits of which a double holds every number exactly. */
  private static final int MOST_DIGITS = 15;

  /** Powers of ten, all exact because 5^22 is below 2^53. */
  private static final double[] POWERS = new double[23];

  static {
    POWERS[0] = 1;
    for (int i = 1; i < POWERS.length; i++) {
      POWERS[i] = 10 * POWERS[i - 1];
    }
  }

  private Decimals() {}

  /**
   * Returns the double next to a JSON number, as {@link Double#parseDouble} does. Few digits
   * without an exponent are a quotient of two exact doubles, which one division rounds correctly
   * (Clinger, How to read floating point numbers accurately, 1990).
   */
  static double parse(byte[] bytes, int from, int to) {
    boolean negative = bytes[from] == '-';
    long digits = 0;
    int count = 0;
    int behind = 0;
    boolean point = false;
    for (int i = negative ? from + 1 : from; i < to; i++) {
      if (bytes[i] == '.') {
        point = true;
        continue;
      }
      int digit = bytes[i] - '0';
      if (digit < 0 || digit > 9 || ++count > MOST_DIGITS) {
        return Double.parseDouble(new String(bytes, from, to - from, StandardCharsets.ISO_8859_1));
      }
      digits = 10 * digits + digit;
      behind += point ? 1 : 0;
    }
    double value = digits / POWERS[behind];
    return negative ? -value : value;
  }
}
