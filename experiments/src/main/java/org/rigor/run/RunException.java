// SPDX-License-Identifier: Apache-2.0
package org.rigor.run;

/** A failure that ends the command, with a message for the user and an exit code. */
public class RunException extends RuntimeException {
  private final ExitCode exit;

  /**
   * @param message what failed, what was required, what was found, and what to do
   */
  public RunException(ExitCode exit, String message) {
    super(message);
    this.exit = exit;
  }

  public RunException(ExitCode exit, String message, Throwable cause) {
    super(message, cause);
    this.exit = exit;
  }

  public ExitCode exit() {
    return exit;
  }
}
