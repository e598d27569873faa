// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A pull reader for strict JSON (RFC 8259) that works on the bytes of a file. It decodes only what
 * is asked for, because a run folder may hold ten thousand results of which a command needs a few
 * numbers. Each method reads one token; {@link #hasNext} is called once before each item.
 *
 * <p>What is not JSON, or not of the kind asked for, is an {@link IllegalArgumentException}; {@link
 * #at} then says where.
 */
final class JsonBytes {
  private final byte[] bytes;
  private final int end;
  private int at;

  private int depth;
  private byte[] closing = new byte[8];
  private int[] items = new int[8];
  private String[] names = new String[8];

  JsonBytes(byte[] bytes) {
    this(bytes, 0, bytes.length);
  }

  /** Reads the bytes from {@code from}, inclusive, to {@code to}, exclusive. */
  JsonBytes(byte[] bytes, int from, int to) {
    this.bytes = bytes;
    this.at = from;
    this.end = to;
  }

  /** Returns the path of the value that was read last, for example {@code curves[1].kind}. */
  String path() {
    StringBuilder out = new StringBuilder();
    for (int d = 1; d <= depth; d++) {
      if (closing[d] == ']') {
        out.append('[').append(Math.max(0, items[d] - 1)).append(']');
      } else if (names[d] != null) {
        out.append(out.isEmpty() ? "" : ".").append(names[d]);
      }
    }
    return out.toString();
  }

  void beginObject() {
    open('{', '}', "an object");
  }

  void endObject() {
    close('}');
  }

  void beginArray() {
    open('[', ']', "a list");
  }

  void endArray() {
    close(']');
  }

  /** Returns whether the innermost object or list has another item, and steps over the comma. */
  boolean hasNext() {
    if (look() == closing[depth]) {
      return false;
    }
    if (items[depth]++ > 0) {
      expect(',');
      if (look() == closing[depth]) {
        throw wrong("a value after the comma");
      }
    }
    return true;
  }

  /** Returns the key of an item of an object. */
  String nextName() {
    String name = nextString();
    names[depth] = name;
    expect(':');
    return name;
  }

  String nextString() {
    if (look() != '"') {
      throw wrong("text");
    }
    int from = at + 1;
    boolean plain = skipString();
    return plain
        ? new String(bytes, from, at - 1 - from, StandardCharsets.ISO_8859_1)
        : decoded(from, at - 1);
  }

  /** Returns a number; infinities and NaN, which JSON lacks, are written as text. */
  double nextNumber() {
    if (look() != '"') {
      return nextDouble();
    }
    String text = nextString();
    return switch (text) {
      case "inf", "Infinity" -> Double.POSITIVE_INFINITY;
      case "-inf", "-Infinity" -> Double.NEGATIVE_INFINITY;
      case "NaN" -> Double.NaN;
      default -> throw new IllegalArgumentException("it must be a number, got '" + text + "'");
    };
  }

  double nextDouble() {
    look();
    int from = at;
    skipNumber();
    return Decimals.parse(bytes, from, at);
  }

  float nextFloat() {
    look();
    int from = at;
    skipNumber();
    return Float.parseFloat(text(from));
  }

  /** Returns a whole number without fraction or exponent. */
  int nextInt() {
    long v = nextLong();
    if (v != (int) v) {
      throw new IllegalArgumentException(v + " is too large");
    }
    return (int) v;
  }

  /** Returns a whole number without fraction or exponent, of at most 18 digits. */
  long nextLong() {
    boolean negative = look() == '-';
    int first = negative ? at + 1 : at;
    int from = at;
    skipNumber();
    long v = 0;
    for (int i = first; i < at; i++) {
      int digit = bytes[i] - '0';
      if (digit < 0 || digit > 9 || i - first >= 18) {
        throw new IllegalArgumentException("it must be a whole number, got " + text(from));
      }
      v = 10 * v + digit;
    }
    return negative ? -v : v;
  }

  /** Steps over {@code null} and returns true, or returns false if the value is another. */
  boolean skipNull() {
    boolean is = look() == 'n';
    if (is) {
      word("null");
    }
    return is;
  }

  /** Steps over a value of any kind, and checks that it is JSON. */
  void skip() {
    int outer = depth;
    do {
      if (depth > outer) {
        if (!hasNext()) {
          close(closing[depth]);
          continue;
        }
        if (closing[depth] == '}') {
          if (look() != '"') {
            throw wrong("a key");
          }
          skipString();
          names[depth] = null;
          expect(':');
        }
      }
      switch (look()) {
        case '{' -> beginObject();
        case '[' -> beginArray();
        case '"' -> skipString();
        case 't' -> word("true");
        case 'f' -> word("false");
        case 'n' -> word("null");
        default -> skipNumber();
      }
    } while (depth > outer);
  }

  /** Checks that nothing follows. */
  void end() {
    if (look() >= 0) {
      throw new IllegalArgumentException("text follows the JSON");
    }
  }

  /** Returns the next byte that is no white space, without reading it; -1 at the end. */
  private int look() {
    while (at < end) {
      byte b = bytes[at];
      if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
        return b & 0xFF;
      }
      at++;
    }
    return -1;
  }

  private void open(char opening, char closingMark, String what) {
    if (look() != opening) {
      throw wrong(what);
    }
    at++;
    depth++;
    if (depth > Fields.MOST_LEVELS) {
      throw new IllegalArgumentException("it nests deeper than " + Fields.MOST_LEVELS + " levels");
    }
    if (depth == closing.length) {
      closing = Arrays.copyOf(closing, 2 * depth);
      items = Arrays.copyOf(items, 2 * depth);
      names = Arrays.copyOf(names, 2 * depth);
    }
    closing[depth] = (byte) closingMark;
    items[depth] = 0;
    names[depth] = null;
  }

  private void close(int mark) {
    expect(mark);
    depth--;
  }

  private void expect(int mark) {
    if (look() != mark) {
      throw wrong("'" + (char) mark + "'");
    }
    at++;
  }

  private void word(String word) {
    for (int i = 0; i < word.length(); i++) {
      if (at + i >= end || bytes[at + i] != word.charAt(i)) {
        throw wrong(word);
      }
    }
    at += word.length();
  }

  /** Steps over a string; returns whether its characters are its bytes, all of them ASCII. */
  private boolean skipString() {
    boolean plain = true;
    int i = at + 1;
    for (; i < end && bytes[i] != '"'; i++) {
      byte b = bytes[i];
      if (b == '\\') {
        plain = false;
        i = escape(i + 1);
      } else if (b < 0) { // part of a character beyond ASCII
        plain = false;
      } else if (b < ' ') {
        at = i;
        throw wrong("a text without control characters");
      }
    }
    at = Math.min(i, end);
    expect('"');
    return plain;
  }

  private String decoded(int from, int to) {
    StringBuilder out = new StringBuilder(to - from);
    int start = from;
    int i = from;
    while (i < to) {
      if (bytes[i] != '\\') {
        i++;
        continue;
      }
      out.append(utf8(start, i));
      switch (bytes[i + 1]) {
        case '"', '\\', '/' -> out.append((char) bytes[i + 1]);
        case 'b' -> out.append('\b');
        case 'f' -> out.append('\f');
        case 'n' -> out.append('\n');
        case 'r' -> out.append('\r');
        case 't' -> out.append('\t');
        default -> { // u and four digits
          String digits = new String(bytes, i + 2, 4, StandardCharsets.ISO_8859_1);
          out.append((char) Integer.parseInt(digits, 16));
          i += 4;
        }
      }
      i += 2;
      start = i;
    }
    return out.append(utf8(start, to)).toString();
  }

  /** Returns the place of the last byte of the escape whose first byte is at {@code i}. */
  private int escape(int i) {
    boolean known = i < end && "\"\\/bfnrtu".indexOf(bytes[i]) >= 0;
    int last = known && bytes[i] == 'u' ? i + 4 : i;
    for (int k = i + 1; k <= last && known; k++) {
      known = k < end && Character.digit(bytes[k], 16) >= 0;
    }
    if (!known) {
      at = Math.min(i, end);
      throw wrong("a known escape");
    }
    return last;
  }

  private CharSequence utf8(int from, int to) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, from, to - from));
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("it is not UTF-8 text", e);
    }
  }

  private void skipNumber() {
    if (at < end && bytes[at] == '-') {
      at++;
    }
    if (at < end && bytes[at] == '0') {
      at++;
    } else {
      digits();
    }
    if (at < end && bytes[at] == '.') {
      at++;
      digits();
    }
    if (at < end && (bytes[at] == 'e' || bytes[at] == 'E')) {
      at++;
      if (at < end && (bytes[at] == '+' || bytes[at] == '-')) {
        at++;
      }
      digits();
    }
  }

  private void digits() {
    int i = at;
    while (i < end && bytes[i] >= '0' && bytes[i] <= '9') {
      i++;
    }
    if (i == at) {
      throw wrong("a number");
    }
    at = i;
  }

  private String text(int from) {
    return new String(bytes, from, at - from, StandardCharsets.ISO_8859_1);
  }

  private IllegalArgumentException wrong(String wanted) {
    int got = look();
    return new IllegalArgumentException(
        "it must be %s, got %s"
            .formatted(
                wanted,
                got < 0
                    ? "the end"
                    : got > ' ' && got < 0x7F
                        ? "'" + (char) got + "'"
                        : "byte %02x".formatted(got)));
  }
}
