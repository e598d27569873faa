// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.trial;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The result of a trial.
 *
 * @param id of the trial
 * @param outcome how it ended
 * @param message why, if it did not finish; empty otherwise
 * @param seconds share of the wall-clock time spent on it
 * @param scalars numbers by name; common names are constants of {@link Scalar}
 * @param correct per test sample, whether the clean sample is classified correctly; empty if not
 *     finished
 * @param curves robust accuracies
 * @param examples the first samples that an attack broke, by ascending epsilon
 * @param histories what probes measured during training, by split and quantity, for example {@code
 *     test/clean-accuracy}
 */
public record TrialResult(
    String id,
    Outcome outcome,
    String message,
    double seconds,
    Map<String, Scalar> scalars,
    boolean[] correct,
    List<Curve> curves,
    List<Example> examples,
    Map<String, History> histories) {

  /** Creates a result without histories. */
  public TrialResult(
      String id,
      Outcome outcome,
      String message,
      double seconds,
      Map<String, Scalar> scalars,
      boolean[] correct,
      List<Curve> curves,
      List<Example> examples) {
    this(id, outcome, message, seconds, scalars, correct, curves, examples, Map.of());
  }

  /** Returns the result of a trial that did not finish. */
  public static TrialResult failed(String id, Outcome outcome, String message, double seconds) {
    return new TrialResult(
        id, outcome, message, seconds, Map.of(), new boolean[0], List.of(), List.of());
  }

  public boolean finished() {
    return outcome == Outcome.FINISHED;
  }

  /** Returns the first curve on a side, attacked or certified. */
  public Optional<Curve> curve(Curve.Side side) {
    return curves.stream().filter(c -> c.side() == side).findFirst();
  }
}
