// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.loading;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Renaming of a library that an ELF64 little-endian shared object depends on, so that bindings
 * built against {@code libcublas.so.12} load with {@code libcublas.so.13}.
 *
 * <p>Two places change, both in place: the string in the dynamic string table, which names both the
 * dependency (DT_NEEDED) and its symbol version, and the hash of that version name in the version
 * needs (vna_hash; System V ABI, "Symbol Versioning").
 */
final class ElfPatch {
  private static final int SHT_DYNAMIC = 6;
  private static final int SHT_GNU_VERNEED = 0x6ffffffe;

  private final ByteBuffer image;
  private final long sectionTable;
  private final int sectionSize;
  private final int sectionCount;

  private ElfPatch(byte[] bytes) {
    image = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.length < 64 || image.getInt(0) != 0x464c457f || bytes[4] != 2 || bytes[5] != 1) {
      throw new IllegalArgumentException(
          "not a 64-bit little-endian ELF file: " + bytes.length + " bytes");
    }
    sectionTable = image.getLong(40);
    sectionSize = Short.toUnsignedInt(image.getShort(58));
    sectionCount = Short.toUnsignedInt(image.getShort(60));
  }

  /**
   * Returns a copy of {@code elf} that depends on {@code newName} wherever it depended on {@code
   * oldName}.
   *
   * @throws IllegalArgumentException if the names differ in length, the bytes are not such an ELF
   *     file, or the file does not depend on {@code oldName} with a symbol version of that name
   */
  static byte[] rename(byte[] elf, String oldName, String newName) {
    if (oldName.length() != newName.length()) {
      throw new IllegalArgumentException(
          "names must have equal length: '" + oldName + "' and '" + newName + "'");
    }
    byte[] copy = elf.clone();
    try {
      new ElfPatch(copy).apply(oldName, newName);
    } catch (IndexOutOfBoundsException e) {
      throw new IllegalArgumentException("truncated ELF file: " + elf.length + " bytes", e);
    }
    return copy;
  }

  private void apply(String oldName, String newName) {
    int dynamic = section(SHT_DYNAMIC);
    int strings = sectionAt(image.getInt(dynamic + 40));
    int start = Math.toIntExact(image.getLong(strings + 24));
    int end = start + Math.toIntExact(image.getLong(strings + 32));
    int at = indexOf(oldName, start, end);
    if (at < 0) {
      throw new IllegalArgumentException("the file does not depend on " + oldName);
    }
    image.put(at, newName.getBytes(StandardCharsets.US_ASCII));
    if (rehash(start, at, hash(oldName), hash(newName)) == 0) {
      throw new IllegalArgumentException("the file needs no symbol version " + oldName);
    }
  }

  /** Returns the position of the whole NUL-enclosed string; the table holds every string once. */
  private int indexOf(String text, int start, int end) {
    byte[] wanted = text.getBytes(StandardCharsets.US_ASCII);
    for (int i = start; i + wanted.length < end; i++) {
      int n = 0;
      while (n < wanted.length && image.get(i + n) == wanted[n]) {
        n++;
      }
      if (n == wanted.length && image.get(i + n) == 0 && image.get(i - 1) == 0) {
        return i;
      }
    }
    return -1;
  }

  private int rehash(int strings, int name, int oldHash, int newHash) {
    int header = section(SHT_GNU_VERNEED);
    int need = Math.toIntExact(image.getLong(header + 24));
    int count = image.getInt(header + 44);
    int changed = 0;
    for (int i = 0; i < count; i++) {
      int aux = need + image.getInt(need + 8);
      int auxCount = Short.toUnsignedInt(image.getShort(need + 2));
      for (int j = 0; j < auxCount; j++) {
        if (strings + image.getInt(aux + 8) == name && image.getInt(aux) == oldHash) {
          image.putInt(aux, newHash);
          changed++;
        }
        aux += image.getInt(aux + 12);
      }
      need += image.getInt(need + 12);
    }
    return changed;
  }

  private int section(int type) {
    for (int i = 0; i < sectionCount; i++) {
      if (image.getInt(sectionAt(i) + 4) == type) {
        return sectionAt(i);
      }
    }
    throw new IllegalArgumentException("no section of type 0x" + Integer.toHexString(type));
  }

  private int sectionAt(int index) {
    return Math.toIntExact(sectionTable + (long) index * sectionSize);
  }

  /** Returns the System V hash of a symbol or version name. */
  static int hash(String name) {
    int h = 0;
    for (byte c : name.getBytes(StandardCharsets.US_ASCII)) {
      h = (h << 4) + c;
      int high = h & 0xf0000000;
      h ^= high >>> 24;
      h &= ~high;
    }
    return h;
  }
}
