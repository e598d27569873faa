// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.rigor.run.yaml.Numbers;
import org.rigor.run.yaml.Tree;

/** Values of a grid's keys, as text. */
public final class Settings {
  private Settings() {}

  /** Returns a value as it was written. */
  public static String show(Tree tree) {
    if (tree instanceof Tree.Scalar s) {
      return s.text();
    }
    if (tree instanceof Tree.Items list) {
      return list.items().stream().map(Settings::show).toList().toString();
    }
    List<String> parts = new ArrayList<>();
    ((Tree.Fields) tree).fields().forEach((k, f) -> parts.add(k + ": " + show(f.value())));
    return "{" + String.join(", ", parts) + "}";
  }

  /** Returns whether two texts denote the same value, as 0.1 and 1e-1 do. */
  public static boolean same(String a, String b) {
    if (a.equals(b)) {
      return true;
    }
    OptionalDouble x = a.startsWith("[") ? OptionalDouble.empty() : number(a);
    OptionalDouble y = b.startsWith("[") ? OptionalDouble.empty() : number(b);
    return x.isPresent() && y.isPresent() && x.getAsDouble() == y.getAsDouble();
  }

  /** Returns whether a grid point has all these values. */
  public static boolean matches(Map<String, String> point, Map<String, Tree> at) {
    return at.entrySet().stream()
        .allMatch(
            e -> point.containsKey(e.getKey()) && same(point.get(e.getKey()), show(e.getValue())));
  }

  /** Returns the number a text stands for; for a list, such as layer widths, its first element. */
  public static OptionalDouble number(String text) {
    String first = text.startsWith("[") ? text.substring(1).split("[,\\]]", 2)[0].strip() : text;
    try {
      return OptionalDouble.of(Numbers.parse(first));
    } catch (NumberFormatException e) {
      return OptionalDouble.empty();
    }
  }
}
