// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

class SafeTensorsTest {
  @TempDir Path folder;

  private Path file() {
    return folder.resolve("m.safetensors");
  }

  private SafeTensors read(String header, String bodyHex) throws IOException {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    byte[] body = HexFormat.of().parseHex(bodyHex);
    ByteBuffer b = ByteBuffer.allocate(8 + json.length + body.length);
    b.order(ByteOrder.LITTLE_ENDIAN).putLong(json.length).put(json).put(body);
    Files.write(file(), b.array());
    return SafeTensors.read(file());
  }

  private static SafeTensors sample() {
    Map<String, HostTensor> t = new LinkedHashMap<>();
    t.put("mask", new HostTensor(new TensorType(DType.BOOL, Shape.of(3)), new int[] {1, 0, 1}));
    t.put("b", HostTensor.of(Shape.of(2), -0f, Float.NaN));
    t.put("a \"quoted\" é", HostTensor.of(Shape.of(1, 2), 1, -1));
    t.put("scalar", HostTensor.of(Shape.of(), Math.E));
    return new SafeTensors(t, Map.of("format", "rigor", "note", "<b>&'"));
  }

  @Test
  void whatIsWrittenIsReadBack() throws IOException {
    sample().write(file());
    SafeTensors back = SafeTensors.read(file());
    assertThat(back.metadata()).isEqualTo(sample().metadata());
    assertThat(back.tensors().keySet()).containsExactly("scalar", "a \"quoted\" é", "b", "mask");
    sample().tensors().forEach((n, t) -> assertThat(back.tensors().get(n).bitEquals(t)).isTrue());
  }

  @Test
  void readsTheFormatsOwnExample() throws IOException {
    // Two F16 tensors, stated out of order, as the reference implementation would write them.
    SafeTensors s =
        read(
            "{\"b\":{\"dtype\":\"BF16\",\"shape\":[1],\"data_offsets\":[4,6]},"
                + "\"a\":{\"dtype\":\"F16\",\"shape\":[2,1],\"data_offsets\":[0,4]}}  ",
            "003c00c0803f");
    assertThat(s.tensors().get("a").floats()).containsExactly(1f, -2f);
    assertThat(s.tensors().get("b").floats()).containsExactly(1f);
    assertThat(s.tensors().keySet()).containsExactly("a", "b");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "{'a':{'dtype':'U8','shape':[2],'data_offsets':[0,1]}}; 00; must take bytes 0 to 2",
        "{'a':{'dtype':'U8','shape':[1],'data_offsets':[1,2]}}; 0000; must take bytes 0 to 1",
        "{'a':{'dtype':'U8','shape':[1],'data_offsets':[0,1]},"
            + "'b':{'dtype':'U8','shape':[1],'data_offsets':[0,1]}}; 00; must take bytes 1 to 2",
        "{'a':{'dtype':'U8','shape':[1],'data_offsets':[0,1]}}; 0000; bytes follow",
        "{'a':{'dtype':'U8','shape':[9],'data_offsets':[0,9]}}; 00; takes 9 bytes, only 1",
        "{'a':{'dtype':'F64','shape':[1000000,1000000],'data_offsets':[0,1]}}; 00; product",
        "{'a':{'dtype':'U8','shape':[-1],'data_offsets':[0,1]}}; 00; integers from 0 up",
        "{'a':{'dtype':'U8','shape':[1.0],'data_offsets':[0,1]}}; 00; integers from 0 up",
        "{'a':{'dtype':'U8','shape':['1'],'data_offsets':[0,1]}}; 00; integers from 0 up",
        "{'a':{'dtype':'F8_E4M3','shape':[1],'data_offsets':[0,1]}}; 00; 'F8_E4M3'",
        "{'a':{'dtype':'U8','shape':[1]}}; 00; two data_offsets",
        "{'a':{'dtype':'U8','shape':[1],'data_offsets':[0,1],'x':1}}; 00; unknown key 'x'",
        "{'a':{'dtype':'U8','dtype':'U8','shape':[1],'data_offsets':[0,1]}}; 00; twice in 'a'",
        "{'a':{'dtype':'U8','shape':[1],'data_offsets':[0,1]},"
            + "'a':{'dtype':'U8','shape':[1],'data_offsets':[1,2]}}; 0000; names 'a' twice",
        "{'__metadata__':{'k':1}}; 00; text for the metadata 'k'",
        "{'a':1}; 00; not valid",
        "[]; 00; not valid",
        "{} {}; 00; not valid JSON of the format at line 1 column 5",
        "{'a':; 00; not valid",
      })
  void refusesWrongHeaders(String header, String body, String reason) {
    assertThatThrownBy(() -> read(header.replace('\'', '"'), body))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("m.safetensors")
        .hasMessageContaining(reason);
  }

  @Test
  void refusesDeepNestingAndHugeHeaders() throws IOException {
    assertThatThrownBy(() -> read("{\"a\":" + "[".repeat(1_000_000), ""))
        .isInstanceOf(DataException.class);
    Files.write(file(), new byte[] {0, 0, 0, 0, 0, 1, 0, 0});
    assertThatThrownBy(() -> SafeTensors.read(file()))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("header of 1099511627776 bytes");
    Files.write(file(), new byte[] {-1, -1, -1, -1, -1, -1, -1, -1});
    assertThatThrownBy(() -> SafeTensors.read(file()))
        .hasMessageContaining("header of 18446744073709551615 bytes");
  }

  @Test
  void survivesDamage() throws IOException {
    sample().write(file());
    byte[] valid = Files.readAllBytes(file());
    HostileBytes.refusesTruncation(valid, file(), SafeTensors::read);
    HostileBytes.survivesFlips(valid, file(), SafeTensors::read);
    HostileBytes.survivesNoise(valid, 500, file(), SafeTensors::read);
  }
}
