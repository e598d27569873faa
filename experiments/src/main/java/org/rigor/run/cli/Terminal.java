// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

/** Whether a person watches. The launcher knows; Java's own answer differs between versions. */
final class Terminal {
  private Terminal() {}

  static boolean attached() {
    String told = System.getProperty("rigor.terminal");
    return told != null ? told.equals("1") : System.console() != null;
  }
}
