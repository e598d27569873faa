// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * An image file's metadata ahead of its samples. Decoders drop or do not check what decides the
 * meaning of a sample (colour space, profile, frames), so it is read here.
 *
 * @param format {@code png}, {@code jpeg}, {@code gif} or {@code bmp}
 * @param components of the colour space: 1 grey, 3 colour, 0 if the palette decides
 * @param palette the number of colours that the file lists, if decoders add others; else a limit
 *     above every index
 * @param profile the embedded ICC profile
 * @param orientation of Exif, 1 to 8; 1 if unstated
 */
record PictureHeader(
    String format,
    int width,
    int height,
    int components,
    int palette,
    Optional<byte[]> profile,
    int orientation) {
  static final int ANY_PALETTE = 1 << 16;
  private static final int MAX_SIDE = 1 << 16;

  PictureHeader {
    if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE) {
      throw new DataException(
          "states %d x %d pixels, 1 to %d a side were required".formatted(width, height, MAX_SIDE));
    }
  }

  /**
   * Reads the header of a file by its first bytes; messages do not include the file name yet.
   *
   * @throws DataException if the format is unknown or the header is damaged or not supported
   */
  static PictureHeader of(byte[] file) {
    try {
      if (starts(file, PngChunks.MAGIC)) {
        return PngChunks.header(file);
      }
      if (starts(file, new byte[] {(byte) 0xFF, (byte) 0xD8, (byte) 0xFF})) {
        return JpegMarkers.header(file);
      }
      if (starts(file, "GIF87a") || starts(file, "GIF89a")) {
        return GifBlocks.header(file);
      }
      if (starts(file, "BM")) {
        return bmp(ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN));
      }
    } catch (BufferUnderflowException | IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new DataException("is damaged: its header is cut short");
    }
    throw new DataException("is no image of a known format: PNG, JPEG, BMP or GIF");
  }

  private static PictureHeader bmp(ByteBuffer b) {
    int size = b.getInt(14);
    boolean old = size == 12;
    int width = old ? b.getShort(18) & 0xFFFF : b.getInt(18);
    int height = old ? b.getShort(20) & 0xFFFF : Math.abs(b.getInt(22));
    int bits = b.getShort(old ? 24 : 28);
    int compression = old ? 0 : b.getInt(30);
    boolean fits =
        switch (compression) {
          case 0 -> true;
          case 1 -> bits == 8;
          case 2 -> bits == 4;
          case 3 -> bits == 16 || bits == 32;
          default -> false;
        };
    if (!fits) {
      throw new DataException(
          "has the BMP compression %d at %d bits, which is not read".formatted(compression, bits));
    }
    int colours = old || b.getInt(46) == 0 ? 1 << Math.min(bits, 8) : b.getInt(46);
    if (bits <= 8 && (colours < 1 || colours > 1 << bits)) {
      throw new DataException("has a palette of %d colours at %d bits".formatted(colours, bits));
    }
    if (size >= 108) {
      String space = new StringBuilder(text(b, 70, 4)).reverse().toString();
      if (space.equals("LINK") || space.equals("MBED")) {
        throw new DataException("has a colour profile (" + space + "); convert it to sRGB");
      }
    }
    return new PictureHeader(
        "bmp",
        width,
        height,
        bits <= 8 ? 0 : 3,
        bits <= 8 ? colours : ANY_PALETTE,
        Optional.empty(),
        1);
  }

  /** Returns the orientation in an Exif block (a TIFF file); 1 if it is missing or damaged. */
  static int orientation(byte[] exif) {
    try {
      ByteBuffer b = ByteBuffer.wrap(exif);
      b.order(exif[0] == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
      int at = b.getInt(4);
      int entries = b.getShort(at) & 0xFFFF;
      for (int i = 0; i < entries; i++) {
        int entry = at + 2 + 12 * i;
        if ((b.getShort(entry) & 0xFFFF) == 0x0112) {
          int value = b.getShort(entry + 8) & 0xFFFF;
          return value >= 1 && value <= 8 ? value : 1;
        }
      }
      return 1;
    } catch (IndexOutOfBoundsException e) {
      return 1; // Like viewers, ignore an unreadable block.
    }
  }

  static String text(ByteBuffer b, int at, int length) {
    byte[] bytes = new byte[length];
    b.get(at, bytes);
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  static boolean starts(byte[] file, byte[] magic) {
    return file.length >= magic.length
        && java.util.Arrays.equals(file, 0, magic.length, magic, 0, magic.length);
  }

  private static boolean starts(byte[] file, String magic) {
    return starts(file, magic.getBytes(StandardCharsets.ISO_8859_1));
  }
}
