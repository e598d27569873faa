// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

class NpzTest {
  @TempDir Path folder;

  private Path file() {
    return folder.resolve("d.npz");
  }

  private static Map<String, HostTensor> arrays() {
    Map<String, HostTensor> m = new LinkedHashMap<>();
    m.put("x", HostTensor.of(Shape.of(2, 2), 0f, 0.25f, 0.5f, 1f));
    m.put("y", HostTensor.of(Shape.of(2), 0, 1));
    return m;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatIsWrittenIsReadBack(boolean deflate) throws IOException {
    Npz.write(file(), arrays(), deflate);
    byte[] first = Files.readAllBytes(file());
    Map<String, HostTensor> back = Npz.readAll(file());
    assertThat(back.keySet()).containsExactly("x", "y");
    arrays().forEach((n, t) -> assertThat(back.get(n).bitEquals(t)).isTrue());
    Npz.write(file(), arrays(), deflate);
    assertThat(Files.readAllBytes(file())).as("equal arrays, equal bytes").isEqualTo(first);
  }

  /** As NumPy does: "File name in directory 'x.npy' and header b'z.npy' differ". */
  @Test
  void refusesAnEntryWithTwoNames() throws IOException {
    Npz.write(file(), arrays(), false);
    byte[] bytes = Files.readAllBytes(file());
    bytes[30] = 'z'; // The name in the first entry's own header.
    Files.write(file(), bytes);
    assertThatThrownBy(() -> Npz.open(file()))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("d.npz")
        .hasMessageContaining("'x.npy'")
        .hasMessageContaining("'z.npy'");
  }

  /** Self-extracting archives have a program before the archive, which offsets do not count. */
  @Test
  void readsArchivesBehindOtherBytesAndWithComments() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write("#!/bin/sh\n".getBytes(StandardCharsets.US_ASCII));
    Npz.write(file(), arrays(), true);
    byte[] plain = Files.readAllBytes(file());
    plain[plain.length - 2] = 2; // The length of the comment.
    out.write(plain);
    out.write("ok".getBytes(StandardCharsets.US_ASCII));
    Files.write(file(), out.toByteArray());
    assertThat(Npz.readAll(file()).get("y").ints()).containsExactly(0, 1);
  }

  @Test
  void readsStoredEntries() throws IOException {
    Path npy = folder.resolve("x.npy");
    Npy.write(npy, HostTensor.of(Shape.of(2), 3, 4));
    byte[] body = Files.readAllBytes(npy);
    CRC32 crc = new CRC32();
    crc.update(body);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(out)) {
      ZipEntry e = new ZipEntry("x.npy");
      e.setMethod(ZipEntry.STORED);
      e.setSize(body.length);
      e.setCrc(crc.getValue());
      zip.putNextEntry(e);
      zip.write(body);
    }
    byte[] valid = out.toByteArray();
    Files.write(file(), valid);
    assertThat(Npz.readAll(file()).get("x").ints()).containsExactly(3, 4);
    HostileBytes.refusesTruncation(valid, file(), Npz::readAll);
    HostileBytes.survivesFlips(valid, file(), Npz::readAll);

    int lastElement = 30 + "x.npy".length() + body.length - 1;
    valid[lastElement] ^= 1;
    Files.write(file(), valid);
    assertThatThrownBy(() -> Npz.readAll(file()))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("CRC-32");
  }

  @Test
  void readsOnlyWhatIsAskedFor() throws IOException {
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file()))) {
      zip.putNextEntry(new ZipEntry("meta.npy"));
      zip.write("a pickled object".getBytes(StandardCharsets.US_ASCII));
      zip.putNextEntry(new ZipEntry("notes.txt"));
      zip.putNextEntry(new ZipEntry("y.npy"));
      Npy.write(zip, HostTensor.of(Shape.of(1), 5));
    }
    try (Npz npz = Npz.open(file())) {
      assertThat(npz.names()).containsExactly("meta", "y");
      assertThat(npz.read("y").ints()).containsExactly(5);
      assertThatThrownBy(() -> npz.read("x"))
          .isInstanceOf(DataException.class)
          .hasMessageContaining("no array 'x', only [meta, y]");
      assertThatThrownBy(() -> npz.read("meta")).hasMessageContaining("is not an NPY file");
    }
  }

  @Test
  void aBombEndsAtItsDeclaredSize() throws IOException {
    // 64 MiB of zeros behind a header that declares one byte: the reader must stop, not inflate.
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file()))) {
      zip.putNextEntry(new ZipEntry("x.npy"));
      ByteArrayOutputStream head = new ByteArrayOutputStream();
      Npy.write(head, HostTensor.of(Shape.of(1), 5));
      zip.write(head.toByteArray());
      zip.write(new byte[1 << 26]);
    }
    assertThatThrownBy(() -> Npz.readAll(file()))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("bytes follow");
  }

  @Test
  void refusesWhatIsNoZip() throws IOException {
    assertThatThrownBy(() -> Npz.open(file())).hasMessageEndingWith("d.npz: no such file");
    assertThatThrownBy(() -> Npz.open(folder)).hasMessageContaining("is a folder");
    Files.writeString(file(), "no zip");
    assertThatThrownBy(() -> Npz.open(file())).isInstanceOf(DataException.class);
  }

  @Test
  void survivesDamage() throws IOException {
    Npz.write(file(), arrays(), true);
    byte[] valid = Files.readAllBytes(file());
    HostileBytes.refusesTruncation(valid, file(), Npz::readAll);
    HostileBytes.survivesFlips(valid, file(), Npz::readAll);
    HostileBytes.survivesNoise(valid, 500, file(), Npz::readAll);
  }
}
