// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.engine;

import java.util.Arrays;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.rigor.run.measure.Predictions;

/**
 * How a report names samples of an attack: an attack toward one class decides between that class
 * and the others, on the samples of the others alone.
 *
 * @param index of each sample in the data
 * @param label of each sample in the data
 * @param clean class that the network names at each sample
 * @param target class of a targeted attack
 */
record Shown(int[] index, int[] label, int[] clean, OptionalInt target) {
  /** Names samples as an attack without a target has them. */
  static Shown plain(int[] labels, Predictions clean) {
    int[] index = IntStream.range(0, labels.length).toArray();
    int[] named = Arrays.stream(index).map(n -> clean.predicted(0, n)).toArray();
    return new Shown(index, labels, named, OptionalInt.empty());
  }

  /** Returns the class at a point that the attack found; -1 stays. */
  int fooled(int predicted) {
    return predicted < 0 ? predicted : target.orElse(predicted);
  }
}
