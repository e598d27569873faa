// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec;

import java.util.Map;

/**
 * What a device is.
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
   * Whether much work at a time takes little longer than a little: a GPU, and the emulator, which
   * stands in for one and so takes the same way through host code.
   */
  public boolean gpu() {
    return !kind.equals("cpu");
  }
}
