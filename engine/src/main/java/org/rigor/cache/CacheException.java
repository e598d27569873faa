// SPDX-License-Identifier: Apache-2.0
package org.rigor.cache;

/** A cache folder that cannot be made or that others could write to. */
public final class CacheException extends RuntimeException {
  private static final long serialVersionUID = 1;

  CacheException(String message, Throwable cause) {
    super(message, cause);
  }
}
