// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

/** Refusal of a method that would not end on a network; the message says what it would take. */
public final class TooDearException extends UnsupportedOperationException {
  private static final long serialVersionUID = 1;

  TooDearException(String message) {
    super(message);
  }
}
