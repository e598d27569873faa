// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Gson's pull reader for strict JSON (RFC 8259) in UTF-8, with the numbers that results hold. Call
 * {@link #hasNext} before each item.
 *
 * <p>What is not JSON, or not of the kind asked for, is an {@link IllegalArgumentException}; {@link
 * #path} then says where.
 */
final class StrictJson {
  private final JsonReader reader;

  /** Whether the value at the reader's place has been read. */
  private boolean read;

  StrictJson(byte[] bytes) {
    this(bytes, 0, bytes.length);
  }

  /** Reads the bytes from {@code from}, inclusive, to {@code to}, exclusive. */
  StrictJson(byte[] bytes, int from, int to) {
    reader = new JsonReader(new StringReader(text(bytes, from, to)));
    reader.setStrictness(Strictness.STRICT);
    reader.setNestingLimit(Fields.MOST_LEVELS);
  }

  private static String text(byte[] bytes, int from, int to) {
    String text = new String(bytes, from, to - from, StandardCharsets.UTF_8);
    if (text.indexOf('\uFFFD') >= 0) { // stands for what is no character, or was written
      try {
        StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, from, to - from));
      } catch (CharacterCodingException e) {
        throw new IllegalArgumentException("it is not UTF-8 text", e);
      }
    }
    return text;
  }

  /** Returns the path of the value that was read last, for example {@code curves[1].kind}. */
  String path() {
    String path = read ? reader.getPreviousPath() : reader.getPath();
    return path.startsWith("$.") ? path.substring(2) : path.substring(1);
  }

  void beginObject() {
    expect(JsonToken.BEGIN_OBJECT, "an object");
    run(reader::beginObject);
  }

  void endObject() {
    run(reader::endObject);
    read = true;
  }

  void beginArray() {
    expect(JsonToken.BEGIN_ARRAY, "a list");
    run(reader::beginArray);
  }

  void endArray() {
    run(reader::endArray);
    read = true;
  }

  /** Returns whether the innermost object or list has another item. */
  boolean hasNext() {
    read = false;
    return get(reader::hasNext);
  }

  /** Returns the key of an item of an object. */
  String nextName() {
    return get(reader::nextName);
  }

  String nextString() {
    expect(JsonToken.STRING, "text");
    return value(reader::nextString);
  }

  /** Returns a number; infinities and NaN, which JSON lacks, are written as text. */
  double nextNumber() {
    if (get(reader::peek) != JsonToken.STRING) {
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
    return Double.parseDouble(digits());
  }

  float nextFloat() {
    return Float.parseFloat(digits());
  }

  /** Returns a whole number without fraction or exponent. */
  int nextInt() {
    long v = nextLong();
    if (v != (int) v) {
      throw new IllegalArgumentException(v + " is too large");
    }
    return (int) v;
  }

  /** Returns a whole number without fraction or exponent. */
  long nextLong() {
    String text = digits();
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("it must be a whole number, got " + text, e);
    }
  }

  private String digits() {
    expect(JsonToken.NUMBER, "a number");
    return value(reader::nextString);
  }

  /** Steps over {@code null} and returns true, or returns false if the value is another. */
  boolean skipNull() {
    boolean is = get(reader::peek) == JsonToken.NULL;
    if (is) {
      run(reader::nextNull);
      read = true;
    }
    return is;
  }

  /** Steps over a value of any kind. */
  void skip() {
    run(reader::skipValue);
    read = true;
  }

  /** Checks that nothing follows. */
  void end() {
    expect(JsonToken.END_DOCUMENT, "the end");
  }

  private void expect(JsonToken wanted, String name) {
    JsonToken got = get(reader::peek);
    if (got != wanted) {
      throw new IllegalArgumentException("it must be %s, got %s".formatted(name, word(got)));
    }
  }

  private static String word(JsonToken token) {
    return switch (token) {
      case BEGIN_OBJECT -> "an object";
      case BEGIN_ARRAY -> "a list";
      case STRING -> "text";
      case NUMBER -> "a number";
      case BOOLEAN -> "true or false";
      case NULL -> "null";
      case NAME -> "a key";
      case END_OBJECT, END_ARRAY, END_DOCUMENT -> "the end";
    };
  }

  private interface Step {
    void run() throws IOException;
  }

  private interface Reading<T> {
    T get() throws IOException;
  }

  private static void run(Step step) {
    get(
        () -> {
          step.run();
          return null;
        });
  }

  private <T> T value(Reading<T> reading) {
    T v = get(reading);
    read = true;
    return v;
  }

  private static <T> T get(Reading<T> reading) {
    try {
      return reading.get();
    } catch (IOException | IllegalStateException | NumberFormatException e) {
      throw new IllegalArgumentException(e.getMessage().lines().findFirst().orElse(""), e);
    }
  }
}
