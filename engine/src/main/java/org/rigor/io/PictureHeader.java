// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * What an image file says of itself before its samples: read here, since decoders drop what decides
 * the meaning of a sample (colour space, profile, frames) or do not check it.
 *
 * @param format {@code png}, {@code jpeg}, {@code gif} or {@code bmp}
 * @param components of the colour space: 1 grey, 3 colour, 0 if a palette tells
 * @param profile the embedded ICC profile
 * @param orientation of Exif, 1 to 8; 1 where nothing is said
 */
record PictureHeader(
    String format,
    int width,
    int height,
    int components,
    Optional<byte[]> profile,
    int orientation) {
  private static final int MAX_SIDE = 1 << 16;

  PictureHeader {
    if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE) {
      throw new DataException(
          "states %d x %d pixels, 1 to %d a side were required".formatted(width, height, MAX_SIDE));
    }
  }

  /**
   * Reads the header of a file by its first bytes; messages have no file name yet.
   *
   * @throws DataException if the format is not known or the header is damaged or not supported
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
        return gif(ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN));
      }
      if (starts(file, "BM")) {
        return bmp(ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN));
      }
    } catch (BufferUnderflowException | IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new DataException("is damaged: its header is cut short");
    }
    throw new DataException("is no image of a known format: PNG, JPEG, BMP or GIF");
  }

  /** Of the first picture; refuses animations and a picture that fills its screen in part. */
  private static PictureHeader gif(ByteBuffer b) {
    int width = b.getShort(6) & 0xFFFF;
    int height = b.getShort(8) & 0xFFFF;
    int flags = b.get(10);
    b.position(13 + palette(flags));
    int pictures = 0;
    for (int block; (block = b.get() & 0xFF) != 0x3B; ) {
      if (block == 0x21) {
        b.get();
      } else if (block == 0x2C) {
        if (++pictures > 1) {
          throw new DataException("is animated; a sample is one picture: save the frame you mean");
        }
        int left = b.getShort() & 0xFFFF;
        int top = b.getShort() & 0xFFFF;
        int w = b.getShort() & 0xFFFF;
        int h = b.getShort() & 0xFFFF;
        if (left != 0 || top != 0 || w != width || h != height) {
          throw new DataException(
              "has a picture of %d x %d at (%d, %d) in a screen of %d x %d; save it as one picture"
                  .formatted(w, h, left, top, width, height));
        }
        int local = b.get();
        if ((local & 0x80) == 0 && (flags & 0x80) == 0) {
          throw new DataException("has no palette, so its samples have no colours");
        }
        b.position(b.position() + palette(local) + 1);
      } else {
        throw new DataException("is damaged: block 0x%02x is unknown".formatted(block));
      }
      for (int n; (n = b.get() & 0xFF) != 0; ) {
        b.position(b.position() + n);
      }
    }
    return new PictureHeader("gif", width, height, 0, Optional.empty(), 1);
  }

  private static int palette(int flags) {
    return (flags & 0x80) == 0 ? 0 : 3 << (flags & 7) + 1;
  }

  private static PictureHeader bmp(ByteBuffer b) {
    int size = b.getInt(14);
    boolean old = size == 12;
    int width = old ? b.getShort(18) & 0xFFFF : b.getInt(18);
    int height = old ? b.getShort(20) & 0xFFFF : Math.abs(b.getInt(22));
    int bits = b.getShort(old ? 24 : 28);
    int compression = old ? 0 : b.getInt(30);
    if (compression > 3) {
      throw new DataException("has the BMP compression " + compression + ", read are 0 to 3");
    }
    if (size >= 108) {
      String space = new StringBuilder(text(b, 70, 4)).reverse().toString();
      if (space.equals("LINK") || space.equals("MBED")) {
        throw new DataException("has a colour profile (" + space + "); convert it to sRGB");
      }
    }
    return new PictureHeader("bmp", width, height, bits <= 8 ? 0 : 3, Optional.empty(), 1);
  }

  /** The orientation in an Exif block (a TIFF file), 1 where there is none or it is damaged. */
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
      return 1; // As viewers do: what cannot be read asks for nothing.
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
