// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.loading;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Reader of the dynamic linker's cache ({@code /etc/ld.so.cache}, glibc 2.2 and later): what {@code
 * ldconfig -p} prints, without starting a process.
 */
final class LinkerCache {
  private static final byte[] MAGIC = "glibc-ld.so.cache1.1".getBytes(StandardCharsets.US_ASCII);
  private static final int HEADER = 48;
  private static final int ENTRY = 24;
  private static final int ARCH_MASK = 0xff00;
  private static final int X86_64 = 0x0300;

  private LinkerCache() {}

  /**
   * Returns the paths of the 64-bit libraries whose name starts with {@code prefix}; none if no
   * cache.
   */
  static List<Path> find(Path cache, String prefix) {
    try {
      return find(Files.readAllBytes(cache), prefix);
    } catch (IOException | BufferUnderflowException | IndexOutOfBoundsException e) {
      return List.of();
    }
  }

  private static List<Path> find(byte[] bytes, String prefix) {
    int base = headerAt(bytes);
    if (base < 0) {
      return List.of();
    }
    ByteBuffer b = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int count = b.getInt(base + MAGIC.length);
    List<Path> found = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int entry = base + HEADER + i * ENTRY;
      if ((b.getInt(entry) & ARCH_MASK) == X86_64
          && text(bytes, base + b.getInt(entry + 4)).startsWith(prefix)) {
        found.add(Path.of(text(bytes, base + b.getInt(entry + 8))));
      }
    }
    return found;
  }

  /** Returns the offset of the table's header, or -1. An older table may precede it. */
  private static int headerAt(byte[] bytes) {
    for (int i = 0; i + HEADER <= bytes.length; i += 4) {
      int n = 0;
      while (n < MAGIC.length && bytes[i + n] == MAGIC[n]) {
        n++;
      }
      if (n == MAGIC.length) {
        return i;
      }
    }
    return -1;
  }

  private static String text(byte[] bytes, int at) {
    int end = at;
    while (bytes[end] != 0) {
      end++;
    }
    return new String(bytes, at, end - at, StandardCharsets.UTF_8);
  }
}
