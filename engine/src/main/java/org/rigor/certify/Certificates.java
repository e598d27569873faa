// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Certificates by the names that commands and studies use, the tightest first. */
public final class Certificates {
  private static final Map<String, Entry> ALL = new LinkedHashMap<>();

  static {
    put(
        "branch and bound over signs of units (beta-CROWN, Wang et al. 2021), at most 512 cells a"
            + " margin",
        new Crown(false),
        new Crown(),
        new BetaCrown());
    put(
        "backward linear bounds with slopes chosen by ascent (alpha-CROWN, Xu et al. 2021)",
        new Crown(false),
        new Crown(),
        new AlphaCrown());
    // CROWN-IBP first: a tenth of CROWN's cost for most of the radius.
    put("backward linear bounds (CROWN, Zhang et al. 2018)", new Crown(false), new Crown());
    put(
        "backward linear bounds of the logits, with hidden layers by intervals (CROWN-IBP, Zhang et"
            + " al. 2020): looser than crown, for large networks",
        new Crown(false));
    put("interval propagation (Gowal et al. 2018)", new Ibp());
  }

  /**
   * @param order cheapest first, the named one last
   */
  private record Entry(String method, List<Certificate> order) {}

  private Certificates() {}

  private static void put(String method, Certificate... order) {
    ALL.put(order[order.length - 1].name(), new Entry(method, List.of(order)));
  }

  /** Returns all names. */
  public static List<String> names() {
    return List.copyOf(ALL.keySet());
  }

  /** Returns what a certificate propagates and its source, to follow "by". */
  public static String method(String name) {
    return entry(name).method();
  }

  /**
   * Returns the certificate of that name after cheaper ones that usually claim less: a sample that
   * one of them verifies need not wait for it.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static List<Certificate> cheapestFirst(String name) {
    return entry(name).order();
  }

  /**
   * Returns whether the certificate of that name {@linkplain Certificate#decides decides}.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static boolean decides(String name) {
    return ownFirst(name).get(0).decides();
  }

  /**
   * Returns the certificate of that name before the cheaper ones.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static List<Certificate> ownFirst(String name) {
    List<Certificate> order = new ArrayList<>(cheapestFirst(name));
    Collections.reverse(order);
    return order;
  }

  private static Entry entry(String name) {
    Entry entry = ALL.get(name);
    if (entry == null) {
      throw new IllegalArgumentException(
          "certificate: expected one of %s, got '%s'"
              .formatted(String.join(", ", ALL.keySet()), name));
    }
    return entry;
  }
}
