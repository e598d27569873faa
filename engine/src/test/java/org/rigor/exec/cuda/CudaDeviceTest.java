// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda;

import static org.assertj.core.api.Assumptions.assumeThat;

import org.rigor.exec.Device;
import org.rigor.exec.DeviceContract;

/** The CUDA device on the emulator. */
class CudaDeviceTest extends DeviceContract {
  @Override
  protected Device open() {
    assumeThat(Emulator.unavailable()).as("why the emulator cannot run here").isEmpty();
    return Device.open(System.getProperty("rigor.test.cuda", "emulated"));
  }
}
