// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
  @TempDir Path folder;

  @Test
  void replacesTheWholeContent() throws IOException {
    Path f = folder.resolve("r.json");
    AtomicFile.write(f, "a long first content");
    AtomicFile.write(f, "é");
    assertThat(Files.readString(f)).isEqualTo("é");
    assertThat(folder).isDirectoryContaining(p -> p.equals(f));
    assertThat(Files.list(folder)).hasSize(1);
  }

  @Test
  void aFullDiskLeavesTheOldContentAndNothingElse() throws IOException {
    Path f = folder.resolve("r.json");
    AtomicFile.write(f, "old");
    assertThatThrownBy(
            () ->
                AtomicFile.write(
                    f,
                    out -> {
                      out.write(new byte[200_000]);
                      throw new IOException("No space left on device");
                    }))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageStartingWith("could not write " + f)
        .hasMessageContaining("r.json: No space left on device; nothing was changed");
    assertThat(Files.readString(f)).isEqualTo("old");
    assertThat(Files.list(folder)).hasSize(1);
  }

  @Test
  void aFaultOfTheProgramLeavesNothingElseEither() throws IOException {
    Path f = folder.resolve("r.json");
    assertThatThrownBy(
            () ->
                AtomicFile.write(
                    f,
                    out -> {
                      throw new IllegalStateException("fault");
                    }))
        .isInstanceOf(IllegalStateException.class);
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void namesTheFolderThatIsMissing() {
    assertThatThrownBy(() -> AtomicFile.write(folder.resolve("no/r.json"), "x"))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("its folder does not exist");
  }

  @Test
  void checksumsAreThoseOfTheStandard() throws IOException {
    Path f = folder.resolve("abc");
    Files.writeString(f, "abc");
    String expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assertThat(Sha256.of(f)).isEqualTo(expected);
    assertThat(Sha256.of(new byte[] {'a', 'b', 'c'})).isEqualTo(expected);
    assertThatThrownBy(() -> Sha256.of(folder.resolve("none"))).isInstanceOf(DataException.class);
  }
}
