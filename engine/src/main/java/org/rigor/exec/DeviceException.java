// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec;

/** A device that is missing, unusable or failed; the command line exits with 3. */
public final class DeviceException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final boolean outOfMemory;

  public DeviceException(String message) {
    this(message, null);
  }

  public DeviceException(String message, Throwable cause) {
    this(message, cause, false);
  }

  /**
   * @param outOfMemory whether fewer models at a time may help
   */
  public DeviceException(String message, Throwable cause, boolean outOfMemory) {
    super(message, cause);
    this.outOfMemory = outOfMemory;
  }

  /** Returns whether the device's memory ran out; the device itself stays usable. */
  public boolean isOutOfMemory() {
    return outOfMemory;
  }

  /** Returns the message without the list of what was looked for. */
  public String firstLine() {
    String line = getMessage().lines().findFirst().orElse("");
    return line.replaceFirst("; what was looked for:$", "");
  }
}
