// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.yaml;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Numbers as a study writes them: {@code 3}, {@code 0.5}, {@code 1e-3}, {@code 8/255}, {@code
 * 2^-4}. A fraction is the correctly rounded quotient of its two parts.
 */
public final class Numbers {
  static final String GRAMMAR = "a number such as 3, 0.5, 1e-3, 8/255 or 2^-4";

  /** A decimal or a quotient of two, as a regular expression. */
  public static final String FRACTION =
      "[+-]?(?:\\d+(?:\\.\\d*)?|\\.\\d+)(?:[eE][+-]?\\d+)?(?:/\\d+(?:\\.\\d*)?)?";

  private static final String DECIMAL = "[+-]?(?:\\d+(?:\\.\\d*)?|\\.\\d+)(?:[eE][+-]?\\d+)?";
  private static final Pattern NUMBER =
      Pattern.compile("(" + DECIMAL + ")(?:\\s*([/^])\\s*(" + DECIMAL + "))?");

  private Numbers() {}

  /**
   * Returns the value.
   *
   * @throws NumberFormatException with a message for the user, if the text is not a finite number
   */
  public static double parse(String text) {
    Matcher m = NUMBER.matcher(text.strip());
    if (!m.matches()) {
      throw new NumberFormatException(
          notFinite(text)
              ? "must be finite, got " + text
              : "expected " + GRAMMAR + ", got '" + text + "'");
    }
    double a = Double.parseDouble(m.group(1));
    double value = a;
    if (m.group(2) != null) {
      double b = Double.parseDouble(m.group(3));
      if (m.group(2).equals("/") && b == 0) {
        throw new NumberFormatException("division by zero in '" + text + "'");
      }
      value = m.group(2).equals("/") ? a / b : StrictMath.pow(a, b);
    }
    if (!Double.isFinite(value)) {
      throw new NumberFormatException("must be finite, but '" + text + "' is " + value);
    }
    return value;
  }

  /**
   * Returns the value of an integer; {@code 1e3} and {@code 2^10} are integers.
   *
   * @throws NumberFormatException with a message for the user, if it is not an integer or needs
   *     more than 64 bits
   */
  public static long parseWhole(String text) {
    String t = text.strip();
    try {
      if (t.matches(DECIMAL) && t.length() <= 40) {
        BigDecimal exact = new BigDecimal(t);
        if (Math.abs((long) exact.scale()) < 1000) {
          return exact.longValueExact();
        }
      }
      double v = parse(t);
      if (v == Math.rint(v) && Math.abs(v) <= 0x1p53) {
        return (long) v;
      }
    } catch (ArithmeticException | NumberFormatException notWhole) {
      if (notFinite(t)) {
        throw new NumberFormatException("must be finite, got " + text);
      }
    }
    throw new NumberFormatException("expected a whole number, got '" + text + "'");
  }

  /** Returns the shortest text that parses to the same number, without a trailing {@code .0}. */
  public static String show(double v) {
    if (v == Math.rint(v) && Math.abs(v) < 1e15) {
      return Long.toString((long) v);
    }
    return Double.toString(v);
  }

  /** The largest denominator of a {@link #brief} fraction. */
  private static final int LARGEST_DENOMINATOR = 1024;

  /**
   * Returns a short text that parses to the same number: a decimal of a few digits, else a fraction
   * as a study would write it, such as 8/255, else all digits.
   */
  public static String brief(double v) {
    String decimal = show(v);
    if (decimal.length() <= 8 || Math.abs(v) > LARGEST_DENOMINATOR) {
      return decimal;
    }
    // Try 255 early: steps of 8-bit images stay 12/255 rather than cancel to 4/85.
    IntStream common = IntStream.concat(IntStream.rangeClosed(2, 16), IntStream.of(255));
    return IntStream.concat(common, IntStream.rangeClosed(17, LARGEST_DENOMINATOR))
        .filter(q -> v != 0 && Math.rint(v * q) / q == v)
        .mapToObj(q -> "%d/%d".formatted((long) Math.rint(v * q), q))
        .findFirst()
        .orElse(decimal);
  }

  private static boolean notFinite(String text) {
    String t = text.strip().toLowerCase(Locale.ROOT).replaceAll("^[+-]?\\.?", "");
    return t.equals("nan") || t.equals("inf") || t.equals("infinity");
  }
}
