// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.trial;

/**
 * One quantity over the epochs at which it was probed.
 *
 * @param epochs ascending; 0 is initialisation
 * @param values one per epoch, never NaN
 */
public record History(int[] epochs, double[] values) {
  public History {
    if (epochs.length != values.length) {
      throw new IllegalArgumentException(
          "a history of %d epochs has %d values".formatted(epochs.length, values.length));
    }
    for (int i = 0; i < epochs.length; i++) {
      if (Double.isNaN(values[i]) || (i > 0 && epochs[i] <= epochs[i - 1])) {
        throw new IllegalArgumentException(
            "a history's epochs ascend and its values are never NaN, got %s at epoch %d"
                .formatted(values[i], epochs[i]));
      }
    }
  }
}
