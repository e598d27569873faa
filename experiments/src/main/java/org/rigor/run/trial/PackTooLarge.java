// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.trial;

/** A pack does not fit on the device. */
public final class PackTooLarge extends RuntimeException {
  /**
   * @param message bytes needed and bytes there
   */
  public PackTooLarge(String message) {
    super(message);
  }
}
