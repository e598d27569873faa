// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.Map;

/**
 * The running average of the weights, kept beside them during training; it includes the running
 * statistics.
 */
public enum Averaging {
  /** Nothing. */
  NONE(Map.of()),
  /**
   * Exponential moving average after each step: a = decay a + (1 - decay) w, starting at the
   * initial weights (Polyak; as in Wu et al. 2024, decay 0.995). Number {@code ema-decay}.
   */
  EMA(Map.of("ema-decay", 0.995)),
  /**
   * Stochastic weight averaging (Izmailov et al. 2018): the equal mean of the weights at the ends
   * of epochs, starting after the share {@code swa-start} of a model's own epochs. Running
   * statistics are averaged too, where the paper recomputes them. Before the first of these epochs
   * ends, the average is the initial weights.
   */
  SWA(Map.of("swa-start", 0.75));

  private final Map<String, Double> numbers;

  Averaging(Map<String, Double> numbers) {
    this.numbers = numbers;
  }

  Map<String, Double> numbers() {
    return numbers;
  }
}
