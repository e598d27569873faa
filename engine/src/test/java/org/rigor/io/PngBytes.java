// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** PNG files by hand, of every colour type and depth, which ImageIO does not write. */
public final class PngBytes {
  public static final int GREY = 0;
  public static final int RGB = 2;
  public static final int PALETTE = 3;
  public static final int GREY_ALPHA = 4;
  public static final int RGB_ALPHA = 6;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final int bits;

  private PngBytes(int width, int height, int colour, int bits, boolean interlaced) {
    this.bits = bits;
    out.writeBytes(PngChunks.MAGIC);
    ByteBuffer head = ByteBuffer.allocate(13);
    head.putInt(width).putInt(height).put((byte) bits).put((byte) colour);
    head.put(12, (byte) (interlaced ? 1 : 0));
    chunk("IHDR", head.array());
  }

  public static PngBytes of(int width, int height, int colour, int bits) {
    return new PngBytes(width, height, colour, bits, false);
  }

  public static PngBytes interlaced(int width, int height, int colour, int bits) {
    return new PngBytes(width, height, colour, bits, true);
  }

  /** Adds a chunk as it is. */
  public PngBytes chunk(String kind, byte[] body) {
    byte[] name = kind.getBytes(StandardCharsets.US_ASCII);
    CRC32 crc = new CRC32();
    crc.update(name);
    crc.update(body);
    ByteBuffer b = ByteBuffer.allocate(12 + body.length);
    out.writeBytes(b.putInt(body.length).put(name).put(body).putInt((int) crc.getValue()).array());
    return this;
  }

  /** Ends the file with rows of samples, all channels of a pixel after another, unfiltered. */
  public byte[] rows(int[]... rows) {
    ByteArrayOutputStream raw = new ByteArrayOutputStream();
    for (int[] row : rows) {
      raw.write(0);
      int held = 0;
      int used = 0;
      for (int sample : row) {
        if (bits == 16) {
          raw.write(sample >> 8);
          raw.write(sample);
          continue;
        }
        held = held << bits | sample;
        used += bits;
        if (used == 8) {
          raw.write(held);
          held = used = 0;
        }
      }
      if (used > 0) {
        raw.write(held << 8 - used);
      }
    }
    return raw(raw.toByteArray());
  }

  /** Ends the file with rows as they stand in its stream, each behind the number of its filter. */
  public byte[] raw(byte[] raw) {
    // Stored, so that the bytes do not depend on the zlib of this Java.
    Deflater deflater = new Deflater(Deflater.NO_COMPRESSION);
    deflater.setInput(raw);
    deflater.finish();
    byte[] packed = new byte[raw.length + 64];
    int n = deflater.deflate(packed);
    deflater.end();
    chunk("IDAT", java.util.Arrays.copyOf(packed, n));
    chunk("IEND", new byte[0]);
    return out.toByteArray();
  }
}
