// SPDX-License-Identifier: Apache-2.0
package org.rigor.property.vnnlib;

import java.nio.charset.StandardCharsets;
import org.rigor.io.DataException;

/** Words of a file in both versions of VNN-LIB, one ahead; errors name line and column. */
final class Lexer {
  /** Kinds of words. */
  enum Kind {
    OPEN("'('"),
    CLOSE("')'"),
    LEFT("'['"),
    RIGHT("']'"),
    COMMA("','"),
    STRING("a name in quotes"),
    SYMBOL("a name or number"),
    END("the end of the file");

    private final String words;

    Kind(String words) {
      this.words = words;
    }
  }

  private final String source;
  private final byte[] text;
  private int at;
  private int start;
  private Kind kind;

  Lexer(String source, byte[] text) {
    this.source = source;
    this.text = text;
    boolean marked =
        text.length >= 3 && text[0] == (byte) 0xEF && text[1] == (byte) 0xBB && text[2] == -0x41;
    this.at = marked ? 3 : 0; // byte order mark
    advance();
  }

  Kind kind() {
    return kind;
  }

  /** Returns where the current word begins, for {@link #error(int, String)}. */
  int place() {
    return start;
  }

  /** Returns the current word. */
  String word() {
    return kind == Kind.END
        ? "the end of the file"
        : new String(text, start, at - start, StandardCharsets.ISO_8859_1);
  }

  /** Returns the current word and goes on to the next. */
  String take() {
    String word = word();
    advance();
    return word;
  }

  /** Goes on, if the current word is of a kind; else throws. */
  String require(Kind wanted, String what) {
    if (kind != wanted) {
      throw error("expected " + (what.isEmpty() ? wanted.words : what) + ", got " + shown());
    }
    return take();
  }

  /** Goes on and returns true if the current word is of a kind. */
  boolean accept(Kind wanted) {
    if (kind != wanted) {
      return false;
    }
    advance();
    return true;
  }

  /** Returns the current word as messages show it. */
  String shown() {
    if (kind == Kind.END) {
      return word();
    }
    String w = word();
    return "'" + (w.length() > 40 ? w.substring(0, 40) + "..." : w) + "'";
  }

  DataException error(String problem) {
    return error(start, problem);
  }

  DataException error(int place, String problem) {
    int line = 1;
    int column = 1;
    for (int i = 0; i < place; i++) {
      column = text[i] == '\n' ? 1 : column + 1;
      line += text[i] == '\n' ? 1 : 0;
    }
    return new DataException("%s:%d:%d: %s".formatted(source, line, column, problem));
  }

  private void advance() {
    skip();
    start = at;
    if (at == text.length) {
      kind = Kind.END;
      return;
    }
    kind =
        switch (text[at++]) {
          case '(' -> Kind.OPEN;
          case ')' -> Kind.CLOSE;
          case '[' -> Kind.LEFT;
          case ']' -> Kind.RIGHT;
          case ',' -> Kind.COMMA;
          case '"' -> string();
          default -> symbol();
        };
  }

  private void skip() {
    while (at < text.length) {
      byte c = text[at];
      if (c == ';') {
        while (at < text.length && text[at] != '\n') {
          at++;
        }
      } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        at++;
      } else {
        return;
      }
    }
  }

  private Kind string() {
    while (at < text.length && text[at] != '"') {
      at += text[at] == '\\' ? 2 : 1;
    }
    if (at >= text.length) {
      at = text.length;
      throw error("a name in quotes does not end");
    }
    at++;
    return Kind.STRING;
  }

  private Kind symbol() {
    at--;
    while (at < text.length && "()[],\";".indexOf(text[at]) < 0 && text[at] > ' ') {
      at++;
    }
    if (at == start) {
      throw error("expected VNN-LIB, got the byte 0x%02x".formatted(text[at] & 0xff));
    }
    return Kind.SYMBOL;
  }
}
