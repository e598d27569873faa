// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.figure;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/**
 * An encoder of 8-bit PNG pictures (ISO/IEC 15948), grey or RGB. ImageIO would load half of AWT.
 */
public final class Png {
  private Png() {}

  /** Returns a {@code data:} URI of the file that {@link #bytes} returns. */
  static String dataUri(float[] pixels, int height, int width, int channels) {
    byte[] file = bytes(pixels, height, width, channels);
    return "data:image/png;base64," + Base64.getEncoder().encodeToString(file);
  }

  /**
   * Returns a file.
   *
   * @param pixels in [0, 1], row-major [height, width, channels]; values outside are clamped
   * @param channels 1 or 3
   */
  public static byte[] bytes(float[] pixels, int height, int width, int channels) {
    byte[] raw = new byte[height * (1 + width * channels)];
    int at = 0;
    for (int y = 0; y < height; y++) {
      raw[at++] = 0;
      for (int i = 0; i < width * channels; i++) {
        float v = Math.max(0, Math.min(1, pixels[y * width * channels + i]));
        raw[at++] = (byte) Math.round(255 * v);
      }
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'});
    ByteBuffer header = ByteBuffer.allocate(13).putInt(width).putInt(height);
    header.put((byte) 8).put((byte) (channels == 3 ? 2 : 0));
    chunk(out, "IHDR", header.array());
    chunk(out, "IDAT", deflate(raw));
    chunk(out, "IEND", new byte[0]);
    return out.toByteArray();
  }

  private static byte[] deflate(byte[] raw) {
    Deflater deflater = new Deflater();
    deflater.setInput(raw);
    deflater.finish();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] buffer = new byte[4096];
    while (!deflater.finished()) {
      out.write(buffer, 0, deflater.deflate(buffer));
    }
    deflater.end();
    return out.toByteArray();
  }

  private static void chunk(ByteArrayOutputStream out, String type, byte[] data) {
    byte[] name = type.getBytes(StandardCharsets.US_ASCII);
    CRC32 crc = new CRC32();
    crc.update(name);
    crc.update(data);
    out.writeBytes(ByteBuffer.allocate(4).putInt(data.length).array());
    out.writeBytes(name);
    out.writeBytes(data);
    out.writeBytes(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
  }
}
