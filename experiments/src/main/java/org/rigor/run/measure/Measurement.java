// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.nn.Network;
import org.rigor.workspace.Models;

/** A measurement of a pack's trained networks, for one entry of a study's measurements. */
interface Measurement {
  /** Measures and hands curves, scalars and arrays to the context. */
  void run(Context c);

  /**
   * Checks before training that the measurement has the rules a network needs.
   *
   * @throws UnsupportedOperationException or IllegalArgumentException with a message for the user,
   *     if not
   */
  default void require(Untrained network) {}

  /**
   * Returns the name of its phase, under which times of similar measurements are summed.
   *
   * @param type of the measurement in a study
   */
  default String phase(String type) {
    return type;
  }

  /** Returns about how long it takes beside others, for the time left. */
  default int effort() {
    return 1;
  }

  /**
   * A network before training.
   *
   * @param device of the study
   * @param box of valid inputs
   */
  record Untrained(Device device, Network network, Box box) {
    /** Returns one such network, its parameters zero; the caller closes it. */
    Models zeros() {
      return Models.zeros(device, network);
    }
  }
}
