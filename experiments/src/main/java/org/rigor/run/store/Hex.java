// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

/** Hexadecimal names: ids and checksums. */
final class Hex {
  private Hex() {}

  /** Returns whether a text has at least one character and only lower-case hexadecimal digits. */
  static boolean is(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!(c >= '0' && c <= '9' || c >= 'a' && c <= 'f')) {
        return false;
      }
    }
    return !text.isEmpty();
  }
}
