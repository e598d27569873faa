// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import org.rigor.exec.Device;
import org.rigor.exec.DeviceProvider;

/** Opens the CPU with one thread per core; {@code RIGOR_THREADS} overrides the number. */
public final class CpuProvider implements DeviceProvider {
  @Override
  public String kind() {
    return "cpu";
  }

  @Override
  public Device open(String reason) {
    String asked = System.getenv("RIGOR_THREADS");
    int threads = Runtime.getRuntime().availableProcessors();
    if (asked != null && !asked.matches("[1-9][0-9]{0,3}")) {
      throw new org.rigor.exec.DeviceException(
          "RIGOR_THREADS must be a whole number from 1 to 9999, got '" + asked + "'");
    }
    return new CpuDevice(asked == null ? threads : Integer.parseInt(asked), "auto", reason);
  }
}
