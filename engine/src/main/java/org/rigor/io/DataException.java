// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

/**
 * An error in external data. The message is one sentence that names the file, what was required and
 * what was found; the command line prints only the message and exits with code 4.
 */
public class DataException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public DataException(String message) {
    super(message);
  }

  public DataException(String message, Throwable cause) {
    super(message, cause);
  }
}
