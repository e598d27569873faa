// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Numbers that the heap has no room for come back from the file as they were. */
class OverflowTest {
  @TempDir private Path folder;

  private Overflow overflow() {
    Path file = folder.resolve("numbers");
    return new Overflow(
        0,
        () ->
            FileChannel.open(
                file,
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE,
                StandardOpenOption.DELETE_ON_CLOSE));
  }

  @Test
  void everyBitComesBack() throws IOException {
    float[] some = {1.5f, -0f, Float.MIN_VALUE, Float.NaN, Float.intBitsToFloat(0x7fc00123)};
    float[] more = {3, 0x1p-149f};
    try (Overflow o = overflow()) {
      long first = o.write(new float[] {7}, new float[0]);
      long at = o.write(some, more);
      assertThat(o.written()).isEqualTo(4 + 4 * 7);
      float[] a = new float[some.length];
      float[] b = new float[more.length];
      o.read(at, a, b);
      for (int i = 0; i < a.length; i++) {
        assertThat(Float.floatToRawIntBits(a[i])).isEqualTo(Float.floatToRawIntBits(some[i]));
      }
      assertThat(b).containsExactly(more);
      o.free(at, 7);
      assertThat(o.write(new float[7], new float[0])).as("a place that is free").isEqualTo(at);
      assertThat(o.write(new float[6], new float[0])).as("of another size").isEqualTo(32);
      o.read(first, a = new float[1], new float[0]);
      assertThat(a).containsExactly(7);
    }
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left).as("the file goes with its user").isEmpty();
    }
  }

  @Test
  void aFullDiskIsSaid() {
    Path full = Path.of("/dev/full"); // a device of Linux that takes nothing
    assumeThat(full).exists();
    try (Overflow o =
        new Overflow(
            0, () -> FileChannel.open(full, StandardOpenOption.READ, StandardOpenOption.WRITE))) {
      assertThatThrownBy(() -> o.write(new float[3], new float[1]))
          .isInstanceOf(OverflowException.class)
          .hasMessageContaining("memory has no room for its numbers")
          .hasMessageContaining(System.getProperty("java.io.tmpdir"))
          .hasMessageContaining("No space left on device");
    }
  }

  @Test
  void nothingIsWrittenWhileThereIsRoom() {
    List<String> opened = new ArrayList<>();
    try (Overflow o =
        new Overflow(
            Long.MAX_VALUE,
            () -> {
              opened.add("file");
              throw new IOException("not wanted");
            })) {
      o.hold(new Row.Numbers(new float[100], new float[10]));
      o.hold(new Row.Numbers(new float[100], new float[10]));
      assertThat(o.bytes()).isEqualTo(2 * 440);
    }
    assertThat(opened).isEmpty();
  }
}
