// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;

/** The launcher's knowledge of the streams; Java's own answers differ between versions. */
final class Terminal {
  private Terminal() {}

  /** Returns whether a person is watching. */
  static boolean attached() {
    String told = System.getProperty("rigor.terminal");
    return told != null ? told.equals("1") : System.console() != null;
  }

  /**
   * Takes standard error from descriptor 0 if the launcher passed it there; descriptor 2 is then
   * the JVM's and filtered.
   */
  static void takeStandardError() {
    if ("0".equals(System.getProperty("rigor.stderr"))) {
      FileOutputStream err = new FileOutputStream(FileDescriptor.in);
      System.setErr(new PrintStream(new BufferedOutputStream(err, 128), true, charset()));
    }
  }

  private static Charset charset() {
    for (String key : new String[] {"stderr.encoding", "sun.stderr.encoding", "native.encoding"}) {
      String name = System.getProperty(key);
      if (name != null && Charset.isSupported(name)) {
        return Charset.forName(name);
      }
    }
    return Charset.defaultCharset();
  }
}
