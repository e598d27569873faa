// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda;

import org.rigor.exec.Device;
import org.rigor.exec.DeviceProvider;
import org.rigor.exec.cuda.loading.CudaLibraries;

/** Provider of the first GPU visible under CUDA_VISIBLE_DEVICES. */
public final class CudaProvider implements DeviceProvider {
  @Override
  public String kind() {
    return "cuda";
  }

  @Override
  public Device open(String reason) {
    return CudaDevice.open(CudaLibraries::machine, reason);
  }
}
