// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec;

/** A device that is missing, unusable or failed; the command line exits with 3. */
public final class DeviceException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public DeviceException(String message) {
    super(message);
  }

  public DeviceException(String message, Throwable cause) {
    super(message, cause);
  }

  public String firstLine() {
    return getMessage().lines().findFirst().orElse("");
  }
}
