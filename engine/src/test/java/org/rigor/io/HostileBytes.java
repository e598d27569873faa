// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.function.Consumer;
import org.rigor.tensor.Philox;

/** Damages a valid file in every way that is cheap to enumerate and watches how a reader ends. */
public final class HostileBytes {
  private HostileBytes() {}

  /** Every proper prefix must be refused. */
  public static void refusesTruncation(byte[] valid, Path file, Consumer<Path> reader) {
    for (int n = 0; n < valid.length; n++) {
      if (!refused(Arrays.copyOf(valid, n), file, reader, "the first " + n + " bytes")) {
        fail("accepted a file cut to %d of %d bytes", n, valid.length);
      }
    }
  }

  /** Flips of bits low, high and between, and overwritten bytes: accepted or refused, no more. */
  public static void survivesFlips(byte[] valid, Path file, Consumer<Path> reader) {
    for (int at = 0; at < valid.length; at++) {
      for (int bit : new int[] {0, 4, 7}) {
        byte[] b = valid.clone();
        b[at] ^= (byte) (1 << bit);
        refused(b, file, reader, "bit " + bit + " of byte " + at);
      }
      for (byte value : new byte[] {0, -1}) {
        byte[] b = valid.clone();
        b[at] = value;
        refused(b, file, reader, "byte " + at + " set to " + value);
      }
    }
  }

  /** Random runs of bytes overwritten, for damage wider than a byte. */
  public static void survivesNoise(byte[] valid, int rounds, Path file, Consumer<Path> reader) {
    int[] r = new int[4];
    for (int round = 0; round < rounds; round++) {
      byte[] b = valid.clone();
      Philox.block(round, 0, 0, 0, 99, 0, r, 0);
      int at = Integer.remainderUnsigned(r[0], b.length);
      int n = Math.min(b.length - at, 1 + (r[1] & 15));
      for (int i = 0; i < n; i++) {
        b[at + i] = (byte) (r[2 + i % 2] >>> (i & 24));
      }
      refused(b, file, reader, "noise " + round);
    }
  }

  private static boolean refused(byte[] bytes, Path file, Consumer<Path> reader, String damage) {
    try {
      overwrite(file, bytes);
      reader.accept(file);
      return false;
    } catch (DataException e) {
      assertThat(e.getMessage()).as(damage).contains(file.getFileName().toString());
      return true;
    } catch (IOException | RuntimeException | Error e) {
      throw new AssertionError(damage + " gave " + e, e);
    }
  }

  // Not Files.write: emptying a file and closing it makes some file systems flush to the disk.
  private static void overwrite(Path file, byte[] bytes) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      ByteBuffer b = ByteBuffer.wrap(bytes);
      while (b.hasRemaining()) {
        channel.write(b);
      }
      channel.truncate(bytes.length);
    }
  }
}
