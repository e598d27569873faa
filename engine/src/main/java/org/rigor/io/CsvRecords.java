// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

import java.util.ArrayList;
import java.util.List;

/**
 * The records of a delimited text (RFC 4180), one after another. LF, CRLF and CR end a line alike;
 * a field in double quotes may hold separators, line ends and doubled quotes. Blank lines are
 * skipped. Space around a field is dropped, inside quotes it is kept.
 */
final class CsvRecords {
  private final String text;
  private final char separator;
  private int at;
  private int line = 1;
  private int startLine;
  private boolean quotes;
  private List<String> fields = List.of();

  CsvRecords(String text, char separator) {
    this.text = text;
    this.separator = separator;
  }

  /**
   * Moves to the next record; false at the end.
   *
   * @throws DataException if a quote is not closed or stands inside a field; without a file name
   */
  boolean next() {
    while (at < text.length()) {
      startLine = line;
      quotes = false;
      fields = record();
      // An empty field in quotes is one: dropping it would drop a row.
      if (fields.size() > 1 || quotes || !fields.get(0).isEmpty()) {
        return true;
      }
    }
    return false;
  }

  /** The number, from 1, of the line on which the record starts. */
  int line() {
    return startLine;
  }

  List<String> fields() {
    return fields;
  }

  private List<String> record() {
    List<String> out = new ArrayList<>(fields.size());
    while (true) {
      skipSpace();
      out.add(at < text.length() && text.charAt(at) == '"' ? quoted() : plain());
      if (at == text.length()) {
        return out;
      }
      char c = text.charAt(at++);
      if (c == separator) {
        continue;
      }
      endOfLine(c);
      return out;
    }
  }

  private String plain() {
    int start = at;
    while (at < text.length() && !ends(text.charAt(at))) {
      if (text.charAt(at) == '"') {
        throw new DataException("line " + line + " has a quote inside a field");
      }
      at++;
    }
    return text.substring(start, at).strip();
  }

  private String quoted() {
    StringBuilder field = new StringBuilder();
    int opened = line;
    quotes = true;
    for (at++; at < text.length(); at++) {
      char c = text.charAt(at);
      if (c != '"') {
        field.append(c);
        if (c == '\n' || c == '\r' && !text.startsWith("\n", at + 1)) {
          line++;
        }
      } else if (text.startsWith("\"", at + 1)) {
        field.append(c);
        at++;
      } else {
        at++;
        skipSpace();
        if (at < text.length() && !ends(text.charAt(at))) {
          throw new DataException("line " + line + " goes on behind a closing quote");
        }
        return field.toString();
      }
    }
    throw new DataException("line " + opened + " has a quote that is not closed");
  }

  private void skipSpace() {
    while (at < text.length()
        && !ends(text.charAt(at))
        && Character.isWhitespace(text.charAt(at))) {
      at++;
    }
  }

  private boolean ends(char c) {
    return c == separator || c == '\n' || c == '\r';
  }

  private void endOfLine(char c) {
    line++;
    if (c == '\r' && at < text.length() && text.charAt(at) == '\n') {
      at++;
    }
  }
}
