// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec;

/** A NaN or infinity where {@link CompileOptions#checkNan} looked for one. */
public final class NonFiniteException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public NonFiniteException(String message) {
    super(message);
  }
}
