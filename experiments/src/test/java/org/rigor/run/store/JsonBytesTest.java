// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.rigor.run.Faults;

/** The reader of results takes what JSON is, as Gson and the JDK take it, and nothing else. */
class JsonBytesTest {
  private static final String SAMPLE =
      """
      {"id":"00ff","outcome":"fin\\u00e4l\\n","seconds":1.25e-3,"none":null,"yes":true,"no":false,
       "curves":[{"kind":"a","survived":[0,1,-2,30],"deep":[[],{},[{}]]},{"kind":"\u00e4\u20ac"}]}
      """;

  private static JsonBytes of(String text) {
    return new JsonBytes(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void damagedTextIsTakenExactlyWhereAStrictParserTakesIt() {
    int taken = 0;
    int rounds = 4000;
    for (int round = 0; round < rounds; round++) {
      byte[] input = Faults.in(SAMPLE.getBytes(StandardCharsets.UTF_8), round);
      Optional<String> text = utf8(input);
      if (text.isPresent() && !text.get().isBlank()) { // Gson takes none for null
        boolean takes = takes(input);
        assertThat(takes).as("round %d: %s", round, text.get()).isEqualTo(strict(text.get()));
        taken += takes ? 1 : 0;
      }
    }
    assertThat(taken).isBetween(rounds / 20, rounds / 2);
  }

  private static boolean takes(byte[] input) {
    JsonBytes in = new JsonBytes(input);
    try {
      in.skip();
      in.end();
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static boolean strict(String text) {
    JsonReader in = new JsonReader(new StringReader(text));
    in.setStrictness(Strictness.STRICT);
    try {
      return JsonParser.parseReader(in) != null && in.peek() == JsonToken.END_DOCUMENT;
    } catch (IOException | JsonParseException | IllegalStateException e) {
      return false;
    }
  }

  private static Optional<String> utf8(byte[] bytes) {
    try {
      return Optional.of(
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }

  @Test
  void decimalsAreRoundedAsTheJdkRoundsThem() {
    Random random = new Random(3);
    for (int i = 0; i < 20_000; i++) {
      StringBuilder text = new StringBuilder(random.nextBoolean() ? "-" : "");
      text.append(random.nextInt(random.nextBoolean() ? 1 : 1000));
      int behind = random.nextInt(24);
      text.append(behind == 0 ? "" : ".");
      for (int k = 0; k < behind; k++) {
        text.append(random.nextInt(10));
      }
      text.append(random.nextInt(4) == 0 ? "E" + (random.nextInt(700) - 350) : "");
      double wanted = Double.parseDouble(text.toString());
      assertThat(of(text + ",").nextNumber()).as(text.toString()).isEqualTo(wanted);
      assertThat(Double.doubleToRawLongBits(of(text.toString()).nextDouble()))
          .isEqualTo(Double.doubleToRawLongBits(wanted));
      assertThat(of(text.toString()).nextFloat()).isEqualTo(Float.parseFloat(text.toString()));
    }
    for (String text : List.of("-0", "-0.0", "9007199254740993", "123456789012345", "1e23")) {
      assertThat(Double.doubleToRawLongBits(of(text).nextDouble()))
          .isEqualTo(Double.doubleToRawLongBits(Double.parseDouble(text)));
    }
    assertThat(of("\"inf\"").nextNumber()).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(of("\"-inf\"").nextNumber()).isEqualTo(Double.NEGATIVE_INFINITY);
    assertThatThrownBy(() -> of("\"1.5\"").nextNumber()).hasMessageContaining("a number");
  }

  @Test
  void wholeNumbersAreNeverRounded() {
    assertThat(of("-2147483648").nextInt()).isEqualTo(Integer.MIN_VALUE);
    assertThat(of("999999999999999999").nextLong()).isEqualTo(999_999_999_999_999_999L);
    for (String text : List.of("1.0", "1e3", "1000000000000000000", "-", "true", "")) {
      assertThatThrownBy(() -> of(text).nextLong()).isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> of("2147483648").nextInt()).hasMessageContaining("too large");
  }

  @Test
  void textsComeBackAsWritten() {
    Random random = new Random(4);
    int[] points = {0, '\n', '"', '\\', '/', 'a', 0x7f, 0x80, 0xe9, 0x20ac, 0x2028, 0x1f600};
    for (int i = 0; i < 5000; i++) {
      StringBuilder text = new StringBuilder();
      for (int k = random.nextInt(6); k > 0; k--) {
        text.appendCodePoint(points[random.nextInt(points.length)]);
      }
      String json = new JsonPrimitive(text.toString()).toString();
      assertThat(of(json).nextString()).as(json).isEqualTo(text.toString());
    }
    byte[] broken = {'"', (byte) 0xc3, '"'};
    assertThatThrownBy(() -> new JsonBytes(broken).nextString()).hasMessageContaining("UTF-8");
  }

  @Test
  void thePathNamesTheValueReadLast() {
    JsonBytes in = of("{\"curves\":[{\"kind\":\"a\",\"x\":{\"y\":[1]}},{\"kind\":[0]}]}");
    in.beginObject();
    in.hasNext();
    in.nextName();
    in.beginArray();
    in.hasNext();
    in.skip();
    assertThat(in.path()).isEqualTo("curves[0]");
    in.hasNext();
    in.beginObject();
    in.hasNext();
    in.nextName();
    assertThatThrownBy(in::nextString).hasMessage("it must be text, got '['");
    assertThat(in.path()).isEqualTo("curves[1].kind");
  }
}
