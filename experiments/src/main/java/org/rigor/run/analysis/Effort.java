// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.analysis;

import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.rigor.exec.Spent;
import org.rigor.verify.Decider;
import org.rigor.verify.Verdict;

/**
 * What verdicts took, and where the time went. It is reported, and nothing depends on it.
 *
 * @param seconds of the whole job
 * @param spent by the device; empty if it does not tell
 */
public record Effort(double seconds, Optional<Spent> spent) {
  private static final int[] SOON = {1, 10, 60};

  /**
   * Returns what was spent from a time on.
   *
   * @param start as {@link System#nanoTime} had it
   * @param working empty if nothing was begun
   */
  public static Effort since(long start, Optional<Analyses> working) {
    return new Effort((System.nanoTime() - start) / 1e9, working.flatMap(Analyses::spent));
  }

  private static long decided(List<Verdict> all, int seconds) {
    return all.stream()
        .filter(v -> v.answer() != Verdict.Answer.UNKNOWN && v.seconds() <= seconds)
        .count();
  }

  private static long cells(List<Verdict> all) {
    return all.stream().mapToLong(Verdict::nodes).sum();
  }

  private static long iterations(List<Verdict> all) {
    return all.stream().mapToLong(Verdict::iterations).sum();
  }

  private double share(double of) {
    return Math.min(1, of / seconds);
  }

  private double products(Spent s) {
    return share(s.products());
  }

  private double enclosed(Spent s) {
    return share(s.in(Decider::encloses));
  }

  /** Returns how soon properties were decided, what their search took, and where the time went. */
  public String text(List<Verdict> all) {
    List<String> soon = new ArrayList<>();
    for (int s : SOON) {
      soon.add("%d in %d s".formatted(decided(all, s), s));
    }
    String took =
        String.format(
            Locale.ROOT,
            "decided: %s; %,d cells, %,d rows times steps of ascent; %,.0f and %,.0f a second%n",
            String.join(", ", soon),
            cells(all),
            iterations(all),
            cells(all) / seconds,
            iterations(all) / seconds);
    return took
        + spent
            .map(
                s ->
                    String.format(
                        Locale.ROOT,
                        "time: %.0f %% in matrix products, %.0f %% in bounds with rounding"
                            + " enclosed%n",
                        100 * products(s),
                        100 * enclosed(s)))
            .orElse("");
  }

  /** Returns the same as JSON. */
  public JsonObject json(List<Verdict> all) {
    JsonObject o = new JsonObject();
    o.addProperty("seconds", seconds);
    JsonObject within = new JsonObject();
    for (int s : SOON) {
      within.addProperty(Integer.toString(s), decided(all, s));
    }
    o.add("decided_within_seconds", within);
    o.addProperty("cells", cells(all));
    o.addProperty("row_iterations", iterations(all));
    o.addProperty("cells_per_second", cells(all) / seconds);
    o.addProperty("row_iterations_per_second", iterations(all) / seconds);
    spent.ifPresent(
        s -> {
          o.addProperty("share_in_products", products(s));
          o.addProperty("share_in_enclosed_bounds", enclosed(s));
        });
    return o;
  }
}
