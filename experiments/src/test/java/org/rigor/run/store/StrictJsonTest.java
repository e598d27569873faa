// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonPrimitive;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The reader of results takes numbers and texts as the JDK does, and says where it failed. */
class StrictJsonTest {
  private static StrictJson of(String text) {
    return new StrictJson(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void numbersKeepEveryBit() {
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
    for (String text : List.of("1.0", "1e3", "10000000000000000000", "-", "true", "")) {
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
    assertThatThrownBy(() -> new StrictJson(broken).nextString()).hasMessageContaining("UTF-8");
  }

  @Test
  void thePathNamesTheValueReadLast() {
    StrictJson in = of("{\"curves\":[{\"kind\":\"a\",\"x\":{\"y\":[1]}},{\"kind\":[0]}]}");
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
    assertThatThrownBy(in::nextString).hasMessage("it must be text, got a list");
    assertThat(in.path()).isEqualTo("curves[1].kind");
  }
}
