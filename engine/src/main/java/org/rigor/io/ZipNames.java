// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The names of a zip archive's entries, which are stored twice: in the directory at its end and
 * before each entry. Readers use one or the other, so an archive in which they differ reads
 * differently by reader; Python's {@code zipfile}, and therefore NumPy, rejects it.
 *
 * <p>The layout follows APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12 to 4.3.16 and 4.5.3 (zip64).
 */
final class ZipNames {
  private static final int LOCAL = 0x04034b50;
  private static final int CENTRAL = 0x02014b50;
  private static final int END = 0x06054b50;
  private static final int END64 = 0x06064b50;
  private static final int END64_LOCATOR = 0x07064b50;
  private static final int END_SIZE = 22;
  private static final int LOCATOR_SIZE = 20;
  private static final int MOST_COMMENT = 0xffff;
  private static final long IN_ZIP64 = 0xffffffffL;

  private final RandomAccessFile in;
  private final String file;

  private ZipNames(RandomAccessFile in, String file) {
    this.in = in;
    this.file = file;
  }

  /**
   * Compares the two names of every entry of an archive.
   *
   * @throws DataException if the names of an entry differ or a header is not where it must be
   */
  static void requireEqual(Path file) throws IOException {
    try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
      new ZipNames(in, file.toString()).walk();
    }
  }

  private void walk() throws IOException {
    long end = end();
    ByteBuffer e = at(end, END_SIZE);
    long size = unsigned(e, 12);
    long offset = unsigned(e, 16);
    if (end >= LOCATOR_SIZE && at(end - LOCATOR_SIZE, 4).getInt(0) == END64_LOCATOR) {
      long stated = at(end - LOCATOR_SIZE, LOCATOR_SIZE).getLong(8);
      if (at(stated, 4).getInt(0) == END64) {
        ByteBuffer wide = at(stated, 56);
        size = wide.getLong(40);
        offset = wide.getLong(48);
        end = stated;
      }
    }
    // Bytes may precede the archive; its offsets do not count them.
    long start = end - size;
    long before = start - offset;
    for (long p = start; p < end; ) {
      ByteBuffer c = at(p, 46);
      require(c.getInt(0) == CENTRAL, "the zip directory is damaged at byte " + p);
      int name = c.getShort(28) & 0xffff;
      int extra = c.getShort(30) & 0xffff;
      byte[] stated = at(p + 46, name).array();
      long local = unsigned(c, 42);
      if (local == IN_ZIP64) {
        local = wideOffset(c, at(p + 46 + name, extra));
      }
      compare(stated, before + local);
      p += 46L + name + extra + (c.getShort(32) & 0xffff);
    }
  }

  private void compare(byte[] stated, long local) throws IOException {
    ByteBuffer l = at(local, 30);
    require(l.getInt(0) == LOCAL, "no entry starts at byte " + local + ", where one must");
    byte[] own = at(local + 30, l.getShort(26) & 0xffff).array();
    require(
        Arrays.equals(own, stated),
        "the zip directory names an entry '"
            + text(stated)
            + "', its own header '"
            + text(own)
            + "'");
  }

  /**
   * Returns the offset from the zip64 field, which holds only values that do not fit the directory.
   */
  private long wideOffset(ByteBuffer central, ByteBuffer extra) {
    for (int p = 0; p + 4 <= extra.capacity(); p += 4 + (extra.getShort(p + 2) & 0xffff)) {
      if (extra.getShort(p) == 1) {
        int skip = (unsigned(central, 24) == IN_ZIP64 ? 8 : 0);
        skip += (unsigned(central, 20) == IN_ZIP64 ? 8 : 0);
        if (p + 4 + skip + 8 <= extra.capacity()) {
          return extra.getLong(p + 4 + skip);
        }
      }
    }
    throw new DataException(file + ": the zip directory is damaged, an entry has no offset");
  }

  /** Finds the last end record whose comment reaches the end of the file. */
  private long end() throws IOException {
    long length = in.length();
    int tail = (int) Math.min(length, END_SIZE + MOST_COMMENT);
    ByteBuffer b = at(length - tail, tail);
    for (int p = tail - END_SIZE; p >= 0; p--) {
      if (b.getInt(p) == END && p + END_SIZE + (b.getShort(p + 20) & 0xffff) == tail) {
        return length - tail + p;
      }
    }
    throw new DataException(file + ": is no zip archive, it has no end record");
  }

  private ByteBuffer at(long position, int bytes) throws IOException {
    require(
        position >= 0 && position + bytes <= in.length(),
        "a zip header would lie at byte " + position + " of " + in.length());
    byte[] read = new byte[bytes];
    in.seek(position);
    in.readFully(read);
    return ByteBuffer.wrap(read).order(ByteOrder.LITTLE_ENDIAN);
  }

  private void require(boolean holds, String fault) {
    if (!holds) {
      throw new DataException(file + ": " + fault);
    }
  }

  private static long unsigned(ByteBuffer b, int at) {
    return b.getInt(at) & 0xffffffffL;
  }

  private static String text(byte[] name) {
    return new String(name, StandardCharsets.UTF_8);
  }
}
