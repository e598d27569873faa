// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.TreeMap;

/** The marker segments of a JPEG file (ITU-T T.81) before its samples. */
final class JpegMarkers {
  private static final int APP0 = 0xE0;
  private static final int APP1 = 0xE1;
  private static final int APP2 = 0xE2;
  private static final int APP14 = 0xEE;
  private static final int START_OF_SCAN = 0xDA;
  private static final int UNSAID = -1;

  private boolean jfif;
  private int adobe = UNSAID;
  private int orientation = 1;
  private int width;
  private int height;
  private int[] ids = {};
  private final TreeMap<Integer, byte[]> profile = new TreeMap<>();

  private JpegMarkers() {}

  /**
   * Reads the header.
   *
   * @throws DataException if the colour space is not grey, RGB or YCbCr without doubt: four
   *     components are CMYK, YCCK or carry alpha, and readers differ on the sign of their ink
   */
  static PictureHeader header(byte[] file) {
    JpegMarkers m = new JpegMarkers();
    ByteBuffer b = ByteBuffer.wrap(file);
    b.position(2);
    for (int marker; (marker = m.next(b)) != START_OF_SCAN; ) {
      if (marker == 0x01 || marker >= 0xD0 && marker <= 0xD7) {
        continue; // These markers have no segment.
      }
      int length = (b.getShort() & 0xFFFF) - 2;
      if (length < 0 || length > b.remaining()) {
        throw new DataException("is cut short in its JPEG segment 0x%02x".formatted(marker));
      }
      byte[] body = new byte[length];
      b.get(body);
      m.segment(marker, body);
    }
    return m.header();
  }

  private int next(ByteBuffer b) {
    if (b.get() != (byte) 0xFF) {
      throw new DataException("is damaged: bytes between its JPEG segments");
    }
    int marker;
    do {
      marker = b.get() & 0xFF;
    } while (marker == 0xFF);
    return marker;
  }

  private void segment(int marker, byte[] body) {
    if (marker == APP0 && starts(body, "JFIF\0")) {
      jfif = true;
    } else if (marker == APP1 && starts(body, "Exif\0\0")) {
      orientation = PictureHeader.orientation(Arrays.copyOfRange(body, 6, body.length));
    } else if (marker == APP2 && starts(body, "ICC_PROFILE\0") && body.length > 14) {
      profile.put(body[12] & 0xFF, Arrays.copyOfRange(body, 14, body.length));
    } else if (marker == APP14 && starts(body, "Adobe") && body.length >= 12) {
      adobe = body[11] & 0xFF;
    } else if (marker >= 0xC0 && marker <= 0xCF && (marker & 3) != 0 | marker == 0xC0) {
      frame(ByteBuffer.wrap(body));
    }
  }

  private void frame(ByteBuffer b) {
    if (ids.length > 0) {
      throw new DataException("is damaged: it has two JPEG frames");
    }
    int bits = b.get();
    if (bits != 8) {
      throw new DataException("has JPEG samples of " + bits + " bits, read are 8");
    }
    height = b.getShort() & 0xFFFF;
    width = b.getShort() & 0xFFFF;
    ids = new int[b.get() & 0xFF];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = b.get() & 0xFF;
      b.getShort();
    }
  }

  private PictureHeader header() {
    if (ids.length == 4) {
      String space = adobe == 2 ? "YCCK" : "CMYK";
      throw new DataException(
          "is in the colour space "
              + space
              + " (four inks), which has no one plain meaning as red, green and blue; convert it to"
              + " RGB, as with Pillow: Image.open(f).convert('RGB').save(g)");
    }
    if (ids.length != 1 && ids.length != 3) {
      throw new DataException("has " + ids.length + " JPEG components, read are 1 and 3");
    }
    if (ids.length == 3 && !plain()) {
      throw new DataException(
          "does not say its colour space without doubt (JPEG components %s, JFIF %s, Adobe %s); save it again as JFIF"
              .formatted(
                  Arrays.toString(ids), jfif ? "yes" : "no", adobe == UNSAID ? "no" : adobe));
    }
    return new PictureHeader(
        "jpeg", width, height, ids.length, PictureHeader.ANY_PALETTE, profile(), orientation);
  }

  /** Returns whether all decoders agree on RGB or YCbCr. */
  private boolean plain() {
    boolean counted = ids[0] == 1 && ids[1] == 2 && ids[2] == 3;
    boolean fromZero = ids[0] == 0 && ids[1] == 1 && ids[2] == 2;
    if (jfif) {
      return adobe == UNSAID || adobe == 1;
    }
    return adobe == UNSAID ? counted : (adobe == 0 || adobe == 1) && (counted || fromZero || rgb());
  }

  private boolean rgb() {
    return adobe == 0 && ids[0] == 'R' && ids[1] == 'G' && ids[2] == 'B';
  }

  private Optional<byte[]> profile() {
    if (profile.isEmpty()) {
      return Optional.empty();
    }
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    profile.values().forEach(all::writeBytes);
    return Optional.of(all.toByteArray());
  }

  private static boolean starts(byte[] body, String magic) {
    return PictureHeader.starts(body, magic.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
  }
}
