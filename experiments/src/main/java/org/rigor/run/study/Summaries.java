// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.run.study.ProbeSpec.Split;
import org.rigor.run.study.Quantity.Better;

/**
 * Summaries of histories: the first value, the last, and the value at the best epoch. The best
 * epoch is chosen on held-out samples, which is early stopping, or on the test samples. The latter
 * is biased upwards and serves comparison with published numbers chosen that way.
 *
 * <p>Names for test samples have no prefix, {@code clean-accuracy/last}; others begin with the
 * split, {@code train/clean-accuracy/last}.
 */
public final class Summaries {
  private Summaries() {}

  /** Returns the summaries of the history of a quantity on a split. */
  public static List<Quantity> of(Split split, Quantity q, List<Split> splits) {
    String base = base(split, q.name());
    List<Quantity> out = new ArrayList<>();
    out.add(q.as(base + "/first", q.says() + ", at initialisation"));
    out.add(q.as(base + "/last", q.says() + ", after the last epoch"));
    out.add(change(q, base + "/last-minus-first", "what training changed of it"));
    if (split != Split.TEST || q.better() == Better.NEITHER) {
      return out;
    }
    out.add(q.as(base + "/best-test", "its best over epochs, chosen on the test samples"));
    out.add(change(q, base + "/best-test-minus-last", "best over epochs minus last"));
    if (splits.contains(Split.HELD_OUT)) {
      out.add(q.as(base + "/best-held-out", "its value at the epoch best on held-out samples"));
      out.add(change(q, base + "/best-held-out-minus-last", "at that epoch minus last"));
      out.add(
          Quantity.size(
              base + "/best-held-out-epoch", "epochs", Better.NEITHER, "that epoch's number"));
    }
    return out;
  }

  private static Quantity change(Quantity q, String name, String says) {
    return Quantity.number(name, q.unit(), Better.NEITHER, says).in(q.domain().minus(q.domain()));
  }

  private static String base(Split split, String quantity) {
    return split == Split.TEST ? quantity : Quantities.history(split, quantity);
  }

  /**
   * Returns the numbers of one trial.
   *
   * @param values of each history by name, all at the same epochs, which start with 0
   */
  public static Map<String, Double> values(
      ProbeSpec probe, int[] epochs, Map<String, double[]> values) {
    Map<String, Double> out = new LinkedHashMap<>();
    int last = epochs.length - 1;
    for (Split split : probe.splits()) {
      for (Quantity q : Quantities.histories(probe)) {
        double[] v = values.get(Quantities.history(split, q.name()));
        if (v == null) {
          continue;
        }
        String base = base(split, q.name());
        out.put(base + "/first", v[0]);
        out.put(base + "/last", v[last]);
        out.put(base + "/last-minus-first", v[last] - v[0]);
        if (split != Split.TEST || q.better() == Better.NEITHER) {
          continue;
        }
        double best = v[best(v, q.better())];
        out.put(base + "/best-test", best);
        out.put(base + "/best-test-minus-last", best - v[last]);
        double[] held = values.get(Quantities.history(Split.HELD_OUT, q.name()));
        if (held != null) {
          int chosen = best(held, q.better());
          out.put(base + "/best-held-out", v[chosen]);
          out.put(base + "/best-held-out-minus-last", v[chosen] - v[last]);
          out.put(base + "/best-held-out-epoch", (double) epochs[chosen]);
        }
      }
    }
    out.values().removeIf(x -> Double.isNaN(x)); // inf - inf
    return out;
  }

  /** Returns the first position with the best value. */
  public static int best(double[] v, Better better) {
    int at = 0;
    for (int i = 1; i < v.length; i++) {
      if (better == Better.HIGHER ? v[i] > v[at] : v[i] < v[at]) {
        at = i;
      }
    }
    return at;
  }
}
