// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.analysis;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.rigor.diff.Kind;
import org.rigor.property.vnnlib.Query;
import org.rigor.verify.Verdict;

/**
 * What became of an instance.
 *
 * @param query as read; empty if it could not be
 * @param verdict empty if a file cannot be used
 * @param error why a file cannot be used; empty otherwise
 * @param kind of a verdict that a property is verified or violated
 * @param device that computed it, in words
 * @param notes on how files were read
 */
public record Decided(
    Instance instance,
    Optional<Query> query,
    Optional<Verdict> verdict,
    String error,
    Kind kind,
    String device,
    List<String> notes) {
  public Decided {
    notes = List.copyOf(notes);
  }

  /** Returns the verdict in the words of the competitions: sat, unsat, timeout, unknown, error. */
  public String result() {
    if (verdict.isEmpty()) {
      return "error";
    }
    return switch (verdict.get().answer()) {
      case VERIFIED -> "unsat";
      case VIOLATED -> "sat";
      case UNKNOWN -> verdict.get().by().equals("timeout") ? "timeout" : "unknown";
    };
  }

  /** Returns the verdict in the words of reports. */
  public String answer() {
    return verdict.map(v -> v.answer().name().toLowerCase(Locale.ROOT)).orElse("error");
  }
}
