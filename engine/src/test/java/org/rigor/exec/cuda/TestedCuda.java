// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda;

import static org.assertj.core.api.Assumptions.assumeThat;

import jcuda.driver.JCudaDriver;
import org.rigor.exec.Device;
import org.rigor.exec.cuda.loading.Emulator;

/**
 * The CUDA device under test: the emulator, or with {@code -Drigor.test.cuda=cuda} the machine's
 * GPU.
 */
final class TestedCuda {
  private static final String KIND = System.getProperty("rigor.test.cuda", "emulated");

  /** Orders in which the emulator runs threads, warps and blocks; the last with a seed. */
  static final int FORWARD = 0;

  static final int REVERSED = 1;
  static final int RANDOM = 2 + 256 * 7;

  private static final int LIMIT_SCHEDULE = 0x52490001;

  private TestedCuda() {}

  /** Chooses a schedule of the emulator for the open device; a GPU has its own. */
  static void schedule(int schedule) {
    if (KIND.equals("emulated")) {
      JCudaDriver.cuCtxSetLimit(LIMIT_SCHEDULE, schedule);
    }
  }

  static Device open() {
    if (KIND.equals("emulated") && !"true".equals(System.getenv("CI"))) {
      assumeThat(Emulator.unavailable()).as("why the emulator cannot run here").isEmpty();
    }
    return Device.open(KIND);
  }
}
