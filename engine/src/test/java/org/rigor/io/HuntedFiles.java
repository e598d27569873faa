// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * Inputs of the hunt for the readers of data: valid files of every kind, damaged as a whole or,
 * where a checksum would refuse all of that, inside and put together again.
 */
final class HuntedFiles {
  private static final String[] DESCR = {
    "<f2", ">f2", "<f4", ">f4", "<f8", ">f8", "|b1", "|u1", "|i1", "<u2", ">i2", "<u4", ">i4",
    "<u8", ">i8", "<i8", "|O", "<U3", "<c8", "|S4", "<f16", "=i4"
  };

  private HuntedFiles() {}

  /** An NPY file of a random type, order and shape; some types are never read. */
  private static byte[] npy(Random r) {
    String descr = DESCR[r.nextInt(DESCR.length)];
    int width = descr.endsWith("U3") ? 12 : Integer.parseInt(descr.replaceAll("\\D", "0").strip());
    int[] dims = new int[r.nextInt(4)];
    int count = 1;
    StringBuilder shape = new StringBuilder("(");
    for (int i = 0; i < dims.length; i++) {
      dims[i] = r.nextInt(20) == 0 ? 0 : 1 + r.nextInt(4);
      count *= dims[i];
      shape.append(dims[i]).append(i == 0 || i < dims.length - 1 ? "," : "");
    }
    String text =
        "{'descr': '%s', 'fortran_order': %s, 'shape': %s), }"
            .formatted(descr, r.nextBoolean() ? "True" : "False", shape);
    text += " ".repeat(117 - text.length() % 64) + "\n";
    byte[] body = new byte[count * width];
    for (int i = 0; i < body.length; i++) {
      // Small numbers, so that 64-bit integers often fit.
      body[i] = (byte) (r.nextInt(4) == 0 ? r.nextInt(descr.endsWith("b1") ? 2 : 256) : 0);
    }
    ByteBuffer b = ByteBuffer.allocate(10 + text.length() + body.length);
    b.order(ByteOrder.LITTLE_ENDIAN).put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0});
    b.putShort((short) text.length()).put(text.getBytes(StandardCharsets.US_ASCII)).put(body);
    return b.array();
  }

  /** An NPY file by itself, in any version, sometimes with bytes behind it. */
  static byte[] npy(int round) {
    Random r = FileHunt.random(round);
    byte[] file = npy(r);
    if (r.nextInt(4) == 0) {
      file = version(file, 2 + r.nextInt(2));
    }
    return r.nextInt(3) == 0 ? FileHunt.damaged(List.of(file), round) : file;
  }

  /** The same array in version 2 or 3, whose header states its length in four bytes. */
  private static byte[] version(byte[] first, int version) {
    byte[] file = new byte[first.length + 2];
    System.arraycopy(first, 0, file, 0, 10);
    System.arraycopy(first, 10, file, 12, first.length - 10);
    file[6] = (byte) version;
    return file;
  }

  /** Two records of CIFAR-10, more or fewer of them, or labels of which there are none. */
  static byte[] cifar(int round) {
    Random r = FileHunt.random(round);
    int records = r.nextInt(8) == 0 ? r.nextInt(4) : 2;
    byte[] file = new byte[records * 3073];
    r.nextBytes(file);
    for (int i = 0; i < records; i++) {
      file[i * 3073] = (byte) r.nextInt(r.nextInt(8) == 0 ? 256 : 10);
    }
    return r.nextInt(3) == 0 && records > 0 ? FileHunt.damaged(List.of(file), round) : file;
  }

  static byte[] npz(int round) {
    Random r = FileHunt.random(round);
    byte[] x = npy(r);
    if (r.nextInt(3) == 0) {
      x = FileHunt.damaged(List.of(x), round);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(out)) {
      stored(zip, "x.npy", x);
      if (r.nextBoolean()) {
        stored(zip, "y.npy", npy(r));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    byte[] file = out.toByteArray();
    return r.nextInt(4) == 0 ? FileHunt.damaged(List.of(file), round) : file;
  }

  /** Stored and without a time, so that the bytes are the same on every Java and every day. */
  private static void stored(ZipOutputStream zip, String name, byte[] body) throws IOException {
    CRC32 crc = new CRC32();
    crc.update(body);
    ZipEntry entry = new ZipEntry(name);
    entry.setMethod(ZipEntry.STORED);
    entry.setTimeLocal(LocalDateTime.of(1980, 1, 1, 0, 0));
    entry.setSize(body.length);
    entry.setCrc(crc.getValue());
    zip.putNextEntry(entry);
    zip.write(body);
  }

  static byte[] safetensors(int round) {
    Random r = FileHunt.random(round);
    String[] types = {
      "F16", "BF16", "F32", "F64", "BOOL", "U8", "I8", "I16", "U16", "I32", "U32", "I64", "U64",
      "C64", "F8_E4M3"
    };
    int[] widths = {2, 2, 4, 8, 1, 1, 1, 2, 2, 4, 4, 8, 8, 8, 1};
    StringBuilder json = new StringBuilder("{");
    if (r.nextInt(3) == 0) {
      json.append("\"__metadata__\":{\"format\":\"pt\"},");
    }
    int at = 0;
    int tensors = 1 + r.nextInt(3);
    for (int i = 0; i < tensors; i++) {
      int t = r.nextInt(types.length);
      int rows = r.nextInt(30) == 0 ? 0 : 1 + r.nextInt(3);
      int end = at + 2 * rows * widths[t];
      json.append(
          "%s\"t%d\":{\"dtype\":\"%s\",\"shape\":[%d,2],\"data_offsets\":[%d,%d]}"
              .formatted(i == 0 ? "" : ",", i, types[t], rows, at, end));
      at = end;
    }
    json.append("}");
    if (r.nextInt(3) == 0) {
      String damaged =
          new String(
              FileHunt.damaged(List.of(json.toString().getBytes(StandardCharsets.UTF_8)), round),
              StandardCharsets.ISO_8859_1);
      json = new StringBuilder(damaged);
    }
    byte[] head = json.toString().getBytes(StandardCharsets.UTF_8);
    ByteBuffer b = ByteBuffer.allocate(8 + head.length + at).order(ByteOrder.LITTLE_ENDIAN);
    b.putLong(head.length).put(head);
    while (b.hasRemaining()) {
      b.put((byte) (r.nextInt(4) == 0 ? r.nextInt(2) : 0));
    }
    return r.nextInt(4) == 0 ? FileHunt.damaged(List.of(b.array()), round) : b.array();
  }

  static byte[] csv(int round) {
    Random r = FileHunt.random(round);
    String separator = List.of(",", ",", ";", "\t").get(r.nextInt(4));
    String end = List.of("\n", "\r\n", "\r").get(r.nextInt(3));
    int width = 1 + r.nextInt(4);
    StringBuilder text = new StringBuilder(r.nextInt(4) == 0 ? "\uFEFF" : "");
    int rows = 1 + r.nextInt(5);
    for (int i = 0; i < rows; i++) {
      for (int c = 0; c < width; c++) {
        text.append(c == 0 ? "" : separator).append(field(r, i == 0 && rows % 2 == 1, c));
      }
      text.append(r.nextInt(8) == 0 ? end + end : end);
    }
    byte[] file = text.toString().getBytes(StandardCharsets.UTF_8);
    return r.nextInt(3) == 0 ? FileHunt.damaged(List.of(file), round) : file;
  }

  private static String field(Random r, boolean name, int c) {
    String plain = name ? List.of("a", "label", "x y", "n,m").get(r.nextInt(4)) + c : number(r);
    boolean quote = plain.contains(",") || r.nextInt(6) == 0;
    return (r.nextInt(10) == 0 ? " " : "")
        + (quote ? "\"" + plain + "\"" : plain)
        + (r.nextInt(10) == 0 ? " " : "");
  }

  private static String number(Random r) {
    return switch (r.nextInt(40)) {
      case 0 -> "1,5";
      case 1 -> "NaN";
      case 2 -> "inf";
      case 3 -> "0x10";
      case 4 -> "1_000";
      case 5 -> "";
      case 6 -> "1e999";
      case 7 -> "-0";
      case 8 -> "+.5E-3";
      case 9 -> "7.";
      case 10 -> "123456789012345678901234567890";
      case 11 -> "4.9406564584124654e-324";
      default ->
          r.nextBoolean() ? Integer.toString(r.nextInt(10)) : Double.toString(r.nextGaussian());
    };
  }

  static byte[] png(int round) {
    Random r = FileHunt.random(round);
    int colour = List.of(0, 0, 2, 3, 4, 6).get(r.nextInt(6));
    int[] depths =
        colour == 0
            ? new int[] {1, 2, 4, 8, 16}
            : colour == 3 ? new int[] {1, 2, 4, 8} : new int[] {8, 16};
    int bits = depths[r.nextInt(depths.length)];
    int w = 1 + r.nextInt(9);
    int h = 1 + r.nextInt(9);
    boolean interlaced = r.nextInt(3) == 0;
    PngBytes png =
        interlaced ? PngBytes.interlaced(w, h, colour, bits) : PngBytes.of(w, h, colour, bits);
    if (colour == 3) {
      png.chunk(
          "PLTE", bytes(r, 3 * (r.nextInt(8) == 0 ? 1 + r.nextInt(1 << bits) : 1 << bits), 256));
    }
    if (r.nextInt(6) == 0 && colour < 4) {
      png.chunk("tRNS", bytes(r, colour == 0 ? 2 : colour == 2 ? 6 : 1, 2));
    }
    if (r.nextInt(8) == 0) {
      png.chunk("gAMA", new byte[] {0, 0, (byte) r.nextInt(256), 99});
    }
    int samples = List.of(1, 0, 3, 1, 2, 0, 4).get(colour);
    int row = (w * samples * bits + 7) / 8;
    // Bytes 0 to 4 are filters wherever a row may begin.
    byte[] raw = bytes(r, interlaced ? 8 * (row + 2) * (h + 1) : (row + 1) * h, 5);
    for (int i = 0; !interlaced && i < raw.length; i++) {
      raw[i] = i % (row + 1) == 0 ? raw[i] : (byte) r.nextInt(256);
    }
    if (r.nextInt(8) == 0) {
      raw = FileHunt.damaged(List.of(raw), round);
    }
    byte[] file = png.raw(raw);
    return r.nextInt(5) == 0 ? FileHunt.damaged(List.of(file), round) : file;
  }

  /** JPEG, GIF and BMP as ImageIO writes them, damaged. */
  static List<byte[]> written(String format) {
    List<byte[]> all = new ArrayList<>();
    for (int type :
        new int[] {
          BufferedImage.TYPE_BYTE_GRAY,
          BufferedImage.TYPE_3BYTE_BGR,
          BufferedImage.TYPE_BYTE_INDEXED
        }) {
      BufferedImage image = new BufferedImage(11, 9, type);
      for (int i = 0; i < 99; i++) {
        image.setRGB(i % 11, i / 11, i * 2654435);
      }
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      try {
        if (ImageIO.write(image, format, out)) {
          all.add(out.toByteArray());
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return all;
  }

  private static byte[] bytes(Random r, int n, int bound) {
    byte[] b = new byte[n];
    for (int i = 0; i < n; i++) {
      b[i] = (byte) r.nextInt(bound);
    }
    return b;
  }

  static byte[] idx(int round) {
    Random r = FileHunt.random(round);
    Path file = null;
    try {
      file = Files.createTempFile("hunt", ".idx");
      int n = 1 + r.nextInt(4);
      int[] v = r.ints(2L * n, 0, 256).toArray();
      Idx.writeBytes(file, HostTensor.of(Shape.of(n, 2), v));
      byte[] valid = Files.readAllBytes(file);
      return r.nextInt(3) == 0 ? valid : FileHunt.damaged(List.of(valid), round);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      if (file != null) {
        file.toFile().delete();
      }
    }
  }
}
