// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** UTF-8 text without the byte order mark that some programs prepend. */
public final class Utf8 {
  private static final String MARK = "\uFEFF";

  private Utf8() {}

  /**
   * Reads a file, unpacked if it is gzipped.
   *
   * @throws DataException if it cannot be read or is not UTF-8
   */
  public static String read(Path file) {
    byte[] bytes = WholeFile.read(file);
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      return withoutMark(text);
    } catch (CharacterCodingException e) {
      boolean wide =
          bytes.length > 1 && (bytes[0] == (byte) 0xFF && bytes[1] == (byte) 0xFE)
              || bytes.length > 1 && (bytes[0] == (byte) 0xFE && bytes[1] == (byte) 0xFF);
      throw new DataException(
          file + ": is not text in UTF-8" + (wide ? " but in UTF-16; save it as UTF-8" : ""), e);
    }
  }

  /** Returns the text without one leading mark. */
  public static String withoutMark(String text) {
    return text.startsWith(MARK) ? text.substring(1) : text;
  }
}
