// SPDX-License-Identifier: Apache-2.0
package org.rigor.property.vnnlib;

import java.nio.file.Path;
import org.rigor.io.DataException;
import org.rigor.io.WholeFile;
import org.rigor.property.vnnlib.Lexer.Kind;

/** Reader of VNN-LIB files, gzipped or not. */
public final class VnnLib {
  private VnnLib() {}

  /**
   * Reads a file.
   *
   * @throws DataException with line and column, if it is damaged or uses what is not supported
   */
  public static Query read(Path file) {
    return parse(file.toString(), WholeFile.read(file));
  }

  /**
   * Reads text.
   *
   * @param source for messages
   */
  public static Query parse(String source, byte[] text) {
    Lexer in = new Lexer(source, text);
    if (in.kind() == Kind.END) {
      throw new DataException(source + ": is empty");
    }
    Lexer ahead = new Lexer(source, text);
    boolean second = ahead.accept(Kind.OPEN) && ahead.word().equals("vnnlib-version");
    if (second) {
      in.accept(Kind.OPEN);
      return new Version2(in).read(source);
    }
    return new Version1(in).read(source);
  }
}
