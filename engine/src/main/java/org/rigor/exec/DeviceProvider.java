// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec;

/** Opens one kind of device; found by ServiceLoader. */
public interface DeviceProvider {
  /** Returns the name on the command line. */
  String kind();

  /**
   * @param reason why this device was chosen, kept in {@link DeviceInfo#reason}
   * @throws DeviceException if it cannot be used here, listing what was looked for
   */
  Device open(String reason);
}
