// SPDX-License-Identifier: Apache-2.0
package org.rigor.run;

/** Exit codes of the command line. Interrupted runs end with 130 (SIGINT) or 143 (SIGTERM). */
public enum ExitCode {
  /** Done; all claims hold or are undecided as declared. */
  OK(0),
  /** A trial failed, an invariant broke or a claim is violated. */
  FAILED(1),
  /** Bad configuration or usage. */
  USAGE(2),
  /** The device or the environment does not allow the run. */
  ENVIRONMENT(3),
  /** Data that cannot be used. */
  DATA(4),
  /** A property was neither verified nor violated. */
  UNDECIDED(5);

  private final int code;

  ExitCode(int code) {
    this.code = code;
  }

  public int code() {
    return code;
  }
}
