// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.yaml;

import java.util.List;

/** Reads one number, boolean, text or name of a constant. */
final class Scalars {
  private Scalars() {}

  /**
   * Returns the value.
   *
   * @param key its declaration, or that of the list it is in; null if there is none
   * @throws IllegalArgumentException with what was required and what was found
   */
  static Object read(Tree tree, Class<?> c, KeySpec key) {
    if (!(tree instanceof Tree.Scalar s) || (s.isNull() && c != String.class)) {
      throw wrong("expected %s, got %s", KeySpec.words(c), tree.kind());
    }
    if (c == String.class) {
      return key == null || key.names().isEmpty() ? s.text() : listed(s, key.names());
    }
    if (c == boolean.class || c == Boolean.class) {
      return switch (s.text()) {
        case "true" -> true;
        case "false" -> false;
        default -> throw wrong("expected true or false, got %s", tree.kind());
      };
    }
    if (c.isEnum()) {
      List<String> names = KeySpec.constants(c);
      return c.getEnumConstants()[names.indexOf(listed(s, names))];
    }
    return number(s, c, key);
  }

  private static String listed(Tree.Scalar s, List<String> names) {
    if (!names.contains(s.text())) {
      throw wrong(
          "expected one of %s, got '%s'%s",
          String.join(", ", names), s.text(), Names.hint(s.text(), names));
    }
    return s.text();
  }

  private static Object number(Tree.Scalar s, Class<?> c, KeySpec key) {
    if (s.quoted()) {
      throw wrong("expected %s, got the quoted text '%s'", KeySpec.words(c), s.text());
    }
    boolean real = c == double.class || c == Double.class;
    boolean isInt = c == int.class || c == Integer.class;
    double v;
    long whole = 0;
    if (real) {
      v = Numbers.parse(s.text());
    } else {
      whole = Numbers.parseWhole(s.text());
      v = whole;
    }
    if (key != null && !key.range().contains(v)) {
      throw wrong("must be %s, got %s", key.range().words(), s.text());
    }
    if (isInt && whole != (int) whole) {
      throw wrong("must be at most %d, got %s", Integer.MAX_VALUE, s.text());
    }
    if (real) {
      return v;
    }
    return isInt ? (Object) (int) whole : (Object) whole;
  }

  private static IllegalArgumentException wrong(String format, Object... args) {
    return new IllegalArgumentException(format.formatted(args));
  }
}
