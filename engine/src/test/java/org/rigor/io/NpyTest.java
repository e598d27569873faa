// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

class NpyTest {
  @TempDir Path folder;

  private Path file() {
    return folder.resolve("a.npy");
  }

  private HostTensor read(int version, String header, byte[] body) throws IOException {
    Files.write(file(), npy(version, header, body));
    return Npy.read(file());
  }

  private static byte[] npy(int version, String header, byte[] body) {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    int lengthBytes = version == 1 ? 2 : 4;
    ByteBuffer b =
        ByteBuffer.allocate(8 + lengthBytes + text.length + body.length)
            .order(ByteOrder.LITTLE_ENDIAN);
    b.put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.US_ASCII));
    b.put((byte) version).put((byte) 0);
    if (version == 1) {
      b.putShort((short) text.length);
    } else {
      b.putInt(text.length);
    }
    return b.put(text).put(body).array();
  }

  private static String header(String descr, boolean fortran, String shape) {
    return "{'descr': '"
        + descr
        + "', 'fortran_order': "
        + (fortran ? "True" : "False")
        + ", 'shape': "
        + shape
        + ", }   \n";
  }

  private static byte[] bytes(int... values) {
    byte[] b = new byte[values.length];
    for (int i = 0; i < b.length; i++) {
      b[i] = (byte) values[i];
    }
    return b;
  }

  @Test
  void whatIsWrittenIsReadBackBitForBit() {
    HostTensor[] tensors = {
      HostTensor.of(Shape.of(2, 3), 1.5f, -0f, Float.NaN, Float.MIN_VALUE, 1e30f, 2f),
      HostTensor.of(Shape.of(3), Math.PI, -0.0, Double.NEGATIVE_INFINITY),
      HostTensor.of(Shape.of(1, 2, 2), 1, -1, Integer.MAX_VALUE, Integer.MIN_VALUE),
      new HostTensor(new TensorType(DType.BOOL, Shape.of(3)), new int[] {1, 0, 1}),
      HostTensor.of(Shape.of(), 7f),
    };
    for (HostTensor t : tensors) {
      Npy.write(file(), t);
      assertThat(Npy.read(file()).bitEquals(t)).as(t.toString()).isTrue();
    }
  }

  @Test
  void writesTheBytesThatNumPyWrites() throws IOException {
    Npy.write(file(), HostTensor.of(Shape.of(2), 1f, -2f));
    String text = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
    byte[] expected =
        npy(
            1,
            text + " ".repeat(128 - 10 - 1 - text.length()) + "\n",
            bytes(0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0));
    assertThat(Files.readAllBytes(file())).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void readsAllVersions(int version) throws IOException {
    assertThat(read(version, header("|u1", false, "(3,)"), bytes(0, 128, 255)).ints())
        .containsExactly(0, 128, 255);
  }

  @ParameterizedTest
  @CsvSource({
    "<i2, 0201, 258",
    ">i2, 0102, 258",
    "<i2, ffff, -1",
    "<u2, ffff, 65535",
    "|i1, 80, -128",
    "<i4, 04030201, 16909060",
    ">i4, 01020304, 16909060",
    "<u4, ffffff7f, 2147483647",
    "<i8, feffffffffffffff, -2",
    ">i8, 000000007fffffff, 2147483647",
    "<u8, 0500000000000000, 5",
    "|b1, 01, 1",
  })
  void readsIntegersOfEitherOrder(String descr, String hex, int value) throws IOException {
    byte[] body = java.util.HexFormat.of().parseHex(hex);
    assertThat(read(1, header(descr, false, "(1,)"), body).ints()).containsExactly(value);
  }

  @ParameterizedTest
  @CsvSource({
    "<f2, 003c, 1.0", ">f2, c000, -2.0", "<f2, 0100, 5.9604644775390625E-8", "<f2, ff7b, 65504",
    "<f2, 007c, Infinity", "<f2, 0080, -0.0", "<f4, 0000803f, 1.0", ">f4, 3f800000, 1.0",
    "<f8, 000000000000f03f, 1.0", ">f8, 3ff0000000000000, 1.0",
  })
  void readsFloatsOfEitherOrder(String descr, String hex, double value) throws IOException {
    byte[] body = java.util.HexFormat.of().parseHex(hex);
    HostTensor t = read(1, header(descr, false, "()"), body);
    assertThat(t.shape().rank()).isZero();
    assertThat(t.get(0)).isEqualTo(value);
  }

  @Test
  void fortranOrderBecomesRowMajor() throws IOException {
    // Element (i, j, k) of a 2x3x2 array is 100 i + 10 j + k; the file runs over i first.
    byte[] body = new byte[12];
    int at = 0;
    for (int k = 0; k < 2; k++) {
      for (int j = 0; j < 3; j++) {
        for (int i = 0; i < 2; i++) {
          body[at++] = (byte) (100 * i + 10 * j + k);
        }
      }
    }
    assertThat(read(1, header("|i1", true, "(2, 3, 2)"), body).ints())
        .containsExactly(0, 1, 10, 11, 20, 21, 100, 101, 110, 111, 120, 121);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'shape': (1,), 'fortran_order': False, 'descr': '|u1'}",
        "{\"descr\":\"|u1\",\"fortran_order\":False,\"shape\":(1,)}",
        "  { 'descr' : '|u1' , 'fortran_order' : False , 'shape' : ( 1 , ) , } \n",
      })
  void readsHeadersThatOtherWritersLayOutDifferently(String header) throws IOException {
    assertThat(read(1, header, bytes(9)).ints()).containsExactly(9);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}; pickled objects could run code",
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}; structured array",
        "{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}; '<c8'",
        "{'descr': '?', 'fortran_order': False, 'shape': (1,)}; '?'",
        "{'descr': '|u1', 'fortran_order': 0, 'shape': (1,)}; True or False",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (-1,)}; 1 to 18 digits",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (0,)}; at least 1",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (9999999999999999999999,)}; 18 digits",
        "{'descr': '|u1', 'fortran_order': False}; must have the keys",
        "{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (1,)}; twice",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (1,), 'x': '1'}; unknown key 'x'",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (1,)} x; closing brace",
        "{'descr': '|u1; without an end",
      })
  void refusesWrongHeaders(String header, String reason) {
    assertThatThrownBy(() -> read(1, header, bytes(1)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("a.npy")
        .hasMessageContaining(reason);
  }

  @Test
  void aHeaderThatClaimsTerabytesAllocatesNothing() {
    assertThatThrownBy(() -> read(1, header("<f8", false, "(1000000, 1000000)"), bytes(1)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("[1000000, 1000000]");
    assertThatThrownBy(() -> read(1, header("<f8", false, "(2000000000,)"), bytes(1)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("takes 16000000000 bytes, only 1 are left");
  }

  @Test
  void aCompressedHeaderThatClaimsGigabytesFailsAtItsEnd() throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gz = new GZIPOutputStream(packed)) {
      gz.write(npy(1, header("|u1", false, "(300000000,)"), new byte[3_000_000]));
    }
    Files.write(file(), packed.toByteArray());
    assertThatThrownBy(() -> Npy.read(file()))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("truncated");
  }

  @Test
  void refusesAHugeHeaderLengthAndUnknownVersions() {
    assertThatThrownBy(() -> read(2, " ".repeat(10_001), bytes()))
        .hasMessageContaining("header of 10001 bytes");
    assertThatThrownBy(() -> read(4, header("|u1", false, "(1,)"), bytes(1)))
        .hasMessageContaining("version 4.0");
    byte[] minor = npy(1, header("|u1", false, "(1,)"), bytes(1));
    minor[7] = 22;
    assertThatThrownBy(
            () -> {
              Files.write(file(), minor);
              Npy.read(file());
            })
        .hasMessageContaining("has NPY version 1.22, read are 1.0, 2.0 and 3.0");
  }

  @Test
  void refusesIntegersBeyond32BitsAndOddBooleans() {
    assertThatThrownBy(() -> read(1, header("<i8", false, "(1,)"), bytes(0, 0, 0, 0, 1, 0, 0, 0)))
        .hasMessageContaining("element 0 does not fit a 32-bit integer: 4294967296");
    assertThatThrownBy(
            () -> read(1, header("<u8", false, "(1,)"), bytes(-1, -1, -1, -1, -1, -1, -1, -1)))
        .hasMessageContaining("18446744073709551615");
    assertThatThrownBy(() -> read(1, header("<u4", false, "(1,)"), bytes(0, 0, 0, 128)))
        .hasMessageContaining("2147483648");
    assertThatThrownBy(() -> read(1, header("|b1", false, "(2,)"), bytes(1, 2)))
        .hasMessageContaining("element 1 is not a boolean");
  }

  @Test
  void refusesBytesBehindTheArrayMissingFilesAndFolders() {
    assertThatThrownBy(() -> read(1, header("|u1", false, "(1,)"), bytes(1, 2)))
        .hasMessageContaining("bytes follow");
    assertThatThrownBy(() -> Npy.read(folder.resolve("none.npy")))
        .isInstanceOf(DataException.class)
        .hasMessageEndingWith("none.npy: no such file");
    assertThatThrownBy(() -> Npy.read(folder)).hasMessageContaining("is a folder");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void survivesDamage(boolean packed) throws IOException {
    byte[] valid = npy(1, header("<f4", true, "(2, 2)"), new byte[16]);
    if (packed) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      try (GZIPOutputStream gz = new GZIPOutputStream(out)) {
        gz.write(valid);
      }
      valid = out.toByteArray();
    }
    HostileBytes.refusesTruncation(valid, file(), Npy::read);
    HostileBytes.survivesFlips(valid, file(), Npy::read);
  }
}
