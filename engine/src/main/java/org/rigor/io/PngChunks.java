// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32;
import java.util.zip.InflaterInputStream;

/** The chunks of a PNG file (ISO/IEC 15948), with the checksums that the JDK does not verify. */
final class PngChunks {
  static final byte[] MAGIC = {(byte) 0x89, 'P', 'N', 'G', 13, 10, 26, 10};
  private static final int MAX_PROFILE = 1 << 24;

  private PngChunks() {}

  static PictureHeader header(byte[] file) {
    ByteBuffer b = ByteBuffer.wrap(file);
    b.position(MAGIC.length);
    int width = 0;
    int height = 0;
    int colour = -1;
    boolean samples = false;
    int orientation = 1;
    int palette = PictureHeader.ANY_PALETTE;
    Optional<byte[]> profile = Optional.empty();
    while (true) {
      int length = b.getInt();
      int start = b.position();
      String kind = PictureHeader.text(b, start, 4);
      check(file, start, length, kind);
      byte[] body = Arrays.copyOfRange(file, start + 4, start + 4 + length);
      b.position(start + 4 + length + 4);
      if ((colour < 0) != kind.equals("IHDR")) {
        throw new DataException("is damaged: a PNG has one chunk IHDR, the first");
      }
      switch (kind) {
        case "IHDR" -> {
          ByteBuffer head = ByteBuffer.wrap(body);
          width = head.getInt();
          height = head.getInt();
          colour = head.get(9);
        }
        case "IDAT" -> samples = true;
        case "PLTE" -> palette = colour == 3 ? length / 3 : palette;
        case "acTL" ->
            throw new DataException(
                "is animated; a sample is one picture: save the frame you mean");
        case "iCCP" -> profile = Optional.of(profile(body));
        case "eXIf" -> orientation = PictureHeader.orientation(body);
        case "IEND" -> {
          if (!samples) {
            throw new DataException("is damaged: it has no samples");
          }
          return new PictureHeader(
              "png", width, height, components(colour), palette, profile, orientation);
        }
        default -> {}
      }
    }
  }

  private static int components(int colour) {
    return switch (colour) {
      case 0, 4 -> 1;
      case 2, 6 -> 3;
      case 3 -> 0;
      default ->
          throw new DataException(
              "has the PNG colour type " + colour + ", known are 0, 2, 3, 4 and 6");
    };
  }

  private static void check(byte[] file, int start, int length, String kind) {
    if (length < 0 || length > file.length - start - 8) {
      throw new DataException("is cut short in its chunk " + kind);
    }
    CRC32 crc = new CRC32();
    crc.update(file, start, 4 + length);
    int stated = ByteBuffer.wrap(file).getInt(start + 4 + length);
    if ((int) crc.getValue() != stated) {
      throw new DataException("is damaged: its chunk " + kind + " does not match its CRC-32");
    }
  }

  /** Reads a profile: a zero-terminated name, the method 0, then a zlib stream. */
  private static byte[] profile(byte[] body) {
    int name = 0;
    while (name < body.length && body[name] != 0) {
      name++;
    }
    int from = Math.min(name + 2, body.length);
    byte[] buffer = new byte[1 << 12];
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (InflaterInputStream in =
        new InflaterInputStream(new ByteArrayInputStream(body, from, body.length - from))) {
      for (int n; (n = in.read(buffer)) > 0; ) {
        out.write(buffer, 0, n);
        if (out.size() > MAX_PROFILE) {
          throw new DataException("has a colour profile of more than " + MAX_PROFILE + " bytes");
        }
      }
    } catch (IOException e) {
      throw new DataException("is damaged: its colour profile cannot be unpacked");
    }
    return out.toByteArray();
  }
}
