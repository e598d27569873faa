// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.yaml;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Lists written as a rule: {@code range(a, b, step)} is a, a + step, ... below b, as in Python;
 * {@code linspace(a, b, n)} is n values with equal steps and {@code logspace(a, b, n)} n values
 * with equal ratios, both from a to b inclusive.
 */
final class Series {
  static final String GRAMMAR =
      "[a, b, ...], range(a, b, step), linspace(a, b, n) or logspace(a, b, n)";
  private static final int MAX = 10_000;
  private static final Pattern CALL = Pattern.compile("([a-z]+)\\s*\\(([^()]*)\\)");

  private Series() {}

  /** Returns whether the text looks like a rule, valid or not. */
  static boolean looksLikeOne(String text) {
    return CALL.matcher(text.strip()).matches();
  }

  /**
   * Returns the numbers as text.
   *
   * @throws NumberFormatException with a message for the user, if the rule is invalid
   */
  static List<String> expand(String text) {
    Matcher m = CALL.matcher(text.strip());
    if (!m.matches()) {
      throw new NumberFormatException("expected " + GRAMMAR + ", got '" + text + "'");
    }
    String[] parts = m.group(2).split(",", -1);
    String name = m.group(1);
    boolean known = List.of("range", "linspace", "logspace").contains(name);
    if (!known || (parts.length != 3 && !(name.equals("range") && parts.length == 2))) {
      throw new NumberFormatException("expected " + GRAMMAR + ", got '" + text + "'");
    }
    double a = Numbers.parse(parts[0]);
    double b = Numbers.parse(parts[1]);
    if (name.equals("range")) {
      return range(a, b, parts.length == 3 ? Numbers.parse(parts[2]) : 1);
    }
    long n = Numbers.parseWhole(parts[2]);
    if (n < 1 || n > MAX) {
      throw new NumberFormatException(name + " needs 1 to " + MAX + " values, got " + n);
    }
    boolean log = name.equals("logspace");
    if (log && !(a > 0 && b > 0)) {
      throw new NumberFormatException("logspace needs positive ends, got '" + text + "'");
    }
    List<String> out = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      double t = n == 1 ? 0 : (double) i / (n - 1);
      double v = log ? a * StrictMath.pow(b / a, t) : a + (b - a) * t;
      // End exactly at the number the user wrote, whatever the rounding of the rule.
      out.add(Numbers.show(i > 0 && i == n - 1 ? b : tidy(v)));
    }
    return out;
  }

  private static List<String> range(double a, double b, double step) {
    if (step == 0) {
      throw new NumberFormatException("range needs a step other than 0");
    }
    double count = Math.ceil((b - a) / step - 1e-9);
    if (count > MAX) {
      throw new NumberFormatException("range gives more than " + MAX + " values");
    }
    List<String> out = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      out.add(Numbers.show(tidy(a + i * step)));
    }
    return out;
  }

  /** Rounds to 15 digits, enough for any hand-written number, so that 0.1 + 2 * 0.1 is 0.3. */
  private static double tidy(double v) {
    double rounded = Double.parseDouble(String.format(Locale.ROOT, "%.14e", v));
    return Math.abs(rounded - v) <= 4 * Math.ulp(v) ? rounded : v;
  }
}
