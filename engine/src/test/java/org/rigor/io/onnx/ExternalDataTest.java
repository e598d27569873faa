// SPDX-License-Identifier: Apache-2.0
package org.rigor.io.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.rigor.io.onnx.OnnxReaderTest.message;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.io.DataException;

/** Weights in files beside the model: read where they lie, and nothing else is. */
class ExternalDataTest {
  @TempDir Path root;
  private Path folder;

  @BeforeEach
  void weights() throws IOException {
    folder = Files.createDirectories(root.resolve("models"));
    ByteBuffer four = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    four.putFloat(1.5f).putFloat(-2).putFloat(3).putFloat(4);
    Files.write(folder.resolve("w.bin"), four.array());
    Files.write(root.resolve("secret.bin"), four.array());
  }

  /** Two floats t, kept elsewhere; entries are keys and values in turn. */
  private OnnxModel read(String... entries) throws IOException {
    byte[] tensor =
        message(
            t -> {
              t.writeInt64(1, 2);
              t.writeInt32(2, 1);
              t.writeString(8, "t");
              for (int i = 0; i < entries.length; i += 2) {
                String key = entries[i];
                String value = entries[i + 1];
                t.writeByteArray(
                    13,
                    message(
                        e -> {
                          e.writeString(1, key);
                          e.writeString(2, value);
                        }));
              }
              t.writeInt32(14, 1);
            });
    byte[] graph =
        message(
            g -> {
              g.writeByteArray(5, tensor);
              g.writeByteArray(12, message(o -> o.writeString(1, "t")));
            });
    byte[] model =
        message(
            m -> {
              m.writeInt64(1, 8);
              m.writeByteArray(7, graph);
              m.writeByteArray(8, message(o -> o.writeInt64(2, 13)));
            });
    Path file = folder.resolve("m.onnx");
    Files.write(file, model);
    return OnnxReader.read(file);
  }

  private void refused(String reason, String... entries) {
    assertThatThrownBy(() -> read(entries))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("m.onnx: the tensor 't'")
        .hasMessageContaining(reason);
  }

  @Test
  void readsThePartThatIsStated() throws IOException {
    OnnxModel m = read("location", "w.bin", "offset", "4", "length", "8");
    assertThat(m.graph().initializers().get("t").reals().floats()).containsExactly(-2, 3);
    assertThat(m.externals()).containsExactly(folder.resolve("w.bin"));
    assertThat(
            read("location", "w.bin", "offset", "8")
                .graph()
                .initializers()
                .get("t")
                .reals()
                .floats())
        .containsExactly(3, 4);
  }

  @Test
  void refusesPartsThatDoNotFit() {
    refused("needs 8 bytes, its part of", "location", "w.bin");
    refused("has 4", "location", "w.bin", "offset", "0", "length", "4");
    refused("lies at byte 12 to 20", "location", "w.bin", "offset", "12", "length", "8");
    refused(
        "lies at byte 9223372036854775807",
        "location",
        "w.bin",
        "offset",
        "9223372036854775807",
        "length",
        "8");
    refused("the offset '-4', which must be", "location", "w.bin", "offset", "-4");
    refused("the length 'x', which must be", "location", "w.bin", "length", "x");
    refused("states [checksum]", "location", "w.bin", "checksum", "00");
  }

  @Test
  void refusesFilesOutsideTheFolder() throws IOException {
    String[] part = {"offset", "0", "length", "8"};
    for (String place :
        new String[] {
          "../secret.bin", root.resolve("secret.bin").toString(), "a/../../secret.bin", ""
        }) {
      refused("must be relative and stay", "location", place, part[0], part[1], part[2], part[3]);
    }
    refused("is not a file in", "location", "absent.bin", "offset", "0", "length", "8");
    Files.createDirectory(folder.resolve("empty"));
    refused("is not a file in", "location", "empty", "offset", "0", "length", "8");
    Files.createSymbolicLink(folder.resolve("link.bin"), root.resolve("secret.bin"));
    refused("a link that leads out of", "location", "link.bin", "offset", "0", "length", "8");
    Files.createSymbolicLink(folder.resolve("sub"), root);
    refused("a link that leads out of", "location", "sub/secret.bin", "offset", "0", "length", "8");
  }
}
