// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.rigor.run.yaml.Numbers;

/** Readable names for the keys that programs use. */
public final class Wording {
  private static final Map<String, String> SPELLED =
      Map.of(
          "lipschitz", "Lipschitz",
          "jacobian", "Jacobian",
          "hessian", "Hessian",
          "fisher", "Fisher",
          "brier", "Brier",
          "ece", "ECE",
          "nll", "NLL",
          "auroc", "AUROC",
          "rms", "RMS");

  private static final Pattern CONDITION =
      Pattern.compile("(noise|attack)-(" + Numbers.FRACTION + ")");

  private Wording() {}

  /**
   * Returns a key in words: {@code test/attacked-accuracy@0.03137254901960784} becomes "test,
   * attacked accuracy at 8/255".
   */
  public static String of(String key) {
    return Arrays.stream(Quantities.canonical(key).split("/"))
        .map(Wording::part)
        .collect(Collectors.joining(", "));
  }

  private static String part(String key) {
    Matcher condition = CONDITION.matcher(key);
    if (condition.matches()) {
      return condition.group(1) + " of " + number(condition.group(2));
    }
    int at = key.indexOf('@');
    String words =
        Arrays.stream((at < 0 ? key : key.substring(0, at)).split("-"))
            .map(w -> SPELLED.getOrDefault(w, w))
            .collect(Collectors.joining(" "));
    return at < 0 ? words : words + " at " + number(key.substring(at + 1));
  }

  private static String number(String text) {
    try {
      return Numbers.brief(Numbers.parse(text));
    } catch (NumberFormatException e) {
      return text;
    }
  }

  /**
   * Returns an axis label for several quantities: the words that all names begin or end with, and
   * the unit they share. The legend gives each full name.
   */
  public static String common(List<Quantity> quantities) {
    if (quantities.size() == 1) {
      return of(quantities.get(0));
    }
    List<List<String>> names =
        quantities.stream().map(q -> List.of(of(q.name()).split(" "))).toList();
    String words = shared(names, false);
    words = words.isEmpty() ? shared(names, true) : words;
    boolean oneUnit = quantities.stream().map(Quantity::unit).distinct().count() == 1;
    String unit = oneUnit ? quantities.get(0).unit() : "";
    if (words.isEmpty()) {
      return unit.isEmpty() ? "value" : "in " + unit;
    }
    return unit.isEmpty() ? words : words + " (" + unit + ")";
  }

  /** Returns a quantity's name with its unit. */
  public static String of(Quantity q) {
    return q.unit().isEmpty() ? of(q.name()) : of(q.name()) + " (" + q.unit() + ")";
  }

  private static String shared(List<List<String>> names, boolean last) {
    int n = 0;
    int shortest = names.stream().mapToInt(List::size).min().orElse(0);
    TreeMap<Integer, String> words = new TreeMap<>();
    while (n < shortest) {
      int i = n;
      List<String> at =
          names.stream().map(w -> w.get(last ? w.size() - 1 - i : i)).distinct().toList();
      if (at.size() > 1) {
        break;
      }
      words.put(last ? -n : n, at.get(0));
      n++;
    }
    return String.join(" ", words.values()).replaceAll("^at |[, ]+$| at$", "");
  }
}
