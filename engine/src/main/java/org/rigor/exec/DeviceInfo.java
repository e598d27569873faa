// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec;

import java.util.Map;

/**
 * The description of a device.
 *
 * @param kind {@code cpu}, {@code cuda} or {@code emulated}
 * @param name processor or GPU name
 * @param reason why it was chosen, one line
 * @param details whatever decides results or speed: threads, vector width, driver, library versions
 */
public record DeviceInfo(String kind, String name, String reason, Map<String, String> details) {
  public DeviceInfo {
    details = Map.copyOf(details);
  }

  /**
   * Returns whether large batches of work take little longer than small ones: on a GPU, and on the
   * emulator, which stands in for one and so takes the same host code paths.
   */
  public boolean gpu() {
    return !kind.equals("cpu");
  }
}
