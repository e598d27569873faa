// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

/** Says that a search has more numbers than memory and the disk have room for. */
public final class OverflowException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public OverflowException(String message, Throwable cause) {
    super(message, cause);
  }
}
