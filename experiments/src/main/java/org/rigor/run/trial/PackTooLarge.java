// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.trial;

/** Thrown when a pack does not fit on the device. */
public final class PackTooLarge extends RuntimeException {
  /**
   * @param message bytes needed and bytes available
   */
  public PackTooLarge(String message) {
    super(message);
  }
}
