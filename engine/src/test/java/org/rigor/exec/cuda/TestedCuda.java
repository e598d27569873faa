// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda;

import static org.assertj.core.api.Assumptions.assumeThat;

import org.rigor.exec.Device;

/**
 * The CUDA device under test: the emulator, or with {@code -Drigor.test.cuda=cuda} the machine's
 * GPU.
 */
final class TestedCuda {
  private static final String KIND = System.getProperty("rigor.test.cuda", "emulated");

  private TestedCuda() {}

  static Device open() {
    if (KIND.equals("emulated")) {
      assumeThat(Emulator.unavailable()).as("why the emulator cannot run here").isEmpty();
    }
    return Device.open(KIND);
  }
}
