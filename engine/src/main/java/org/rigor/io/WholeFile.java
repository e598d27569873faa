// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

import java.io.ByteArrayOutputStream;
import java.nio.file.Path;

/** A file's content in memory, unpacked if it is gzipped. */
public final class WholeFile {
  private WholeFile() {}

  /**
   * Reads a file.
   *
   * @throws DataException if it cannot be read, its compressed stream is damaged, or it has more
   *     bytes than an array or the heap can hold
   */
  public static byte[] read(Path file) {
    return all(file, ByteInput.open(file));
  }

  /** Reads a file without unpacking it, for formats that are never gzipped; see {@link #read}. */
  static byte[] readPlain(Path file) {
    return all(file, ByteInput.openPlain(file));
  }

  private static byte[] all(Path file, ByteInput input) {
    try (ByteInput in = input) {
      byte[] buffer = new byte[1 << 16];
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      long most = Math.min(Elements.MAX_ELEMENTS, Runtime.getRuntime().maxMemory() / 4);
      for (int n; (n = in.readSome(buffer)) > 0; ) {
        if (out.size() + (long) n > most) {
          throw in.error("has more than " + most + " bytes, the most that fit in memory");
        }
        out.write(buffer, 0, n);
      }
      return out.toByteArray();
    } catch (OutOfMemoryError e) {
      throw new DataException(file + ": does not fit in memory (raise it with -Xmx)");
    }
  }
}
