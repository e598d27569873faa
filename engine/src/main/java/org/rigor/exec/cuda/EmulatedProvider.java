// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda;

import org.rigor.exec.Device;
import org.rigor.exec.DeviceProvider;
import org.rigor.exec.cuda.loading.Emulator;

/**
 * Provider of the CUDA device on the emulator: the same kernels and host code, compiled with g++.
 */
public final class EmulatedProvider implements DeviceProvider {
  @Override
  public String kind() {
    return "emulated";
  }

  @Override
  public Device open(String reason) {
    return CudaDevice.open(Emulator::load, reason);
  }
}
