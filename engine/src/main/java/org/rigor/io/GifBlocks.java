// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * The blocks of a GIF file (GIF89a). The JDK's decoder silently pads missing pixels with the first
 * colour, so this class counts them.
 */
final class GifBlocks {
  private static final int EXTENSION = 0x21;
  private static final int PICTURE = 0x2C;
  private static final int END = 0x3B;
  private static final int MOST_CODES = 4096;

  private GifBlocks() {}

  /**
   * Reads the header and checks the pixel count.
   *
   * @throws DataException if there is not exactly one picture, it does not fill its screen, or its
   *     stream gives another number of pixels
   */
  static PictureHeader header(byte[] file) {
    ByteBuffer b = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    int width = b.getShort(6) & 0xFFFF;
    int height = b.getShort(8) & 0xFFFF;
    int flags = b.get(10);
    b.position(13 + 3 * colours(flags));
    int palette = 0;
    for (int block; (block = b.get() & 0xFF) != END; ) {
      if (block == EXTENSION) {
        b.get();
        content(b);
      } else if (block == PICTURE) {
        if (palette > 0) {
          throw new DataException("is animated; a sample is one picture: save the frame you mean");
        }
        palette = picture(b, width, height, colours(flags));
      } else {
        throw new DataException("is damaged: block 0x%02x is unknown".formatted(block));
      }
    }
    if (palette == 0) {
      throw new DataException("is damaged: it has no picture");
    }
    return new PictureHeader("gif", width, height, 0, palette, Optional.empty(), 1);
  }

  /** Returns the number of colours the picture may use. */
  private static int picture(ByteBuffer b, int width, int height, int shared) {
    int left = b.getShort() & 0xFFFF;
    int top = b.getShort() & 0xFFFF;
    int w = b.getShort() & 0xFFFF;
    int h = b.getShort() & 0xFFFF;
    if (left != 0 || top != 0 || w != width || h != height) {
      throw new DataException(
          "has a picture of %d x %d at (%d, %d) in a screen of %d x %d; save it as one picture"
              .formatted(w, h, left, top, width, height));
    }
    int own = colours(b.get());
    int palette = own > 0 ? own : shared;
    if (palette == 0) {
      throw new DataException("has no palette, so its samples have no colours");
    }
    b.position(b.position() + 3 * own);
    int bits = b.get() & 0xFF;
    if (bits < 1 || bits > 8) {
      throw new DataException("is damaged: its codes have " + bits + " bits, 1 to 8 were required");
    }
    long pixels = pixels(content(b), bits);
    if (pixels != (long) w * h) {
      throw new DataException(
          "is damaged: %d x %d pixels were required, its stream %s"
              .formatted(w, h, pixels < 0 ? "ends or breaks before" : "gives " + pixels));
    }
    return palette;
  }

  private static int colours(int flags) {
    return (flags & 0x80) == 0 ? 0 : 1 << (flags & 7) + 1;
  }

  private static byte[] content(ByteBuffer b) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int n; (n = b.get() & 0xFF) != 0; ) {
      out.write(b.array(), b.position(), n);
      b.position(b.position() + n);
    }
    return out.toByteArray();
  }

  /**
   * Returns the number of pixels that an LZW stream encodes before its end code, or -1 if a code is
   * unknown.
   */
  private static long pixels(byte[] stream, int bits) {
    int clear = 1 << bits;
    int[] length = new int[MOST_CODES];
    java.util.Arrays.fill(length, 0, clear, 1);
    long pixels = 0;
    int next = clear + 2;
    int width = bits + 1;
    int before = -1;
    for (long at = 0; at + width <= 8L * stream.length; ) {
      int code = 0;
      for (int i = 0; i < width; i++, at++) {
        code |= (stream[(int) (at >> 3)] >> (at & 7) & 1) << i;
      }
      if (code == clear) {
        next = clear + 2;
        width = bits + 1;
        before = -1;
      } else if (code == clear + 1) {
        return pixels;
      } else if (before < 0) {
        if (code > clear) {
          return -1;
        }
        pixels++;
        before = code;
      } else {
        if (code > next || code == next && next == MOST_CODES) {
          return -1;
        }
        if (next < MOST_CODES) {
          length[next++] = length[before] + 1;
          width += next == 1 << width && width < 12 ? 1 : 0;
        }
        pixels += length[code];
        before = code;
      }
    }
    return -1; // No end code.
  }
}
