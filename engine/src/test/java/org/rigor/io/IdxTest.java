// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

class IdxTest {
  @TempDir Path folder;

  private Path file() {
    return folder.resolve("images-idx");
  }

  private HostTensor read(String hex) throws IOException {
    Files.write(file(), HexFormat.of().parseHex(hex.replace(" ", "")));
    return Idx.read(file());
  }

  @ParameterizedTest
  @CsvSource({
    "08, ff, 255",
    "09, ff, -1",
    "0b, fffe, -2",
    "0c, 00010000, 65536",
    "0d, 3f000000, 0.5",
    "0e, bff0000000000000, -1",
  })
  void readsEveryElementType(String type, String element, double value) throws IOException {
    HostTensor t = read("0000" + type + "01 00000001" + element);
    assertThat(t.shape()).isEqualTo(Shape.of(1));
    assertThat(t.get(0)).isEqualTo(value);
  }

  @Test
  void whatIsWrittenIsReadBackPlainAndPacked() throws IOException {
    HostTensor t = HostTensor.of(Shape.of(2, 1, 2), 0, 255, 7, 128);
    Idx.writeBytes(file(), t);
    assertThat(Idx.read(file()).bitEquals(t)).isTrue();
    Path packed = folder.resolve("p.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(packed))) {
      Files.copy(file(), out);
    }
    assertThat(Idx.read(packed).bitEquals(t)).isTrue();
    byte[] plain = Files.readAllBytes(file());
    byte[] gz = Files.readAllBytes(packed);
    HostileBytes.refusesTruncation(plain, file(), Idx::read);
    HostileBytes.survivesFlips(plain, file(), Idx::read);
    HostileBytes.refusesTruncation(gz, file(), Idx::read);
    HostileBytes.survivesFlips(gz, file(), Idx::read);
  }

  @ParameterizedTest
  @CsvSource({
    "0000 0801 ffffffff 00, '[4294967295]'",
    "0000 0803 7fffffff 7fffffff 7fffffff 00, product",
    "0000 0801 00000000, at least 1",
    "0000 0801 00000002 00 00 00, bytes follow",
    "0000 0801 00000002 00, 'takes 2 bytes, only 1'",
    "0000 0a01 00000001 00, type 0xa",
    "0000 0800 00, 0 axes",
    "0000 08ff 00, 255 axes",
    "0100 0801 00000001 00, two zero bytes",
  })
  void refusesWrongFiles(String hex, String reason) {
    assertThatThrownBy(() -> read(hex))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("images-idx")
        .hasMessageContaining(reason);
  }

  @Test
  void aValueThatIsNoByteLeavesNoFile() {
    assertThatThrownBy(() -> Idx.writeBytes(file(), HostTensor.of(Shape.of(1), 256)))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("256");
    assertThat(folder).isEmptyDirectory();
  }
}
