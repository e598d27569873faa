// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * IDX, the format of MNIST (described on its page): bytes 0 0 type rank, the extents as big-endian
 * 32-bit integers, then the elements, big-endian. Gzipped files are unpacked while reading.
 */
public final class Idx {
  private static final int MAX_RANK = 8;

  private Idx() {}

  /**
   * Reads one array: bytes and integers become I32, floats F32, doubles F64.
   *
   * @throws DataException if it is not a complete, valid IDX file
   */
  public static HostTensor read(Path file) {
    try (ByteInput in = ByteInput.open(file)) {
      return read(in);
    }
  }

  /**
   * Reads one array from a stream, plain or gzipped, and closes it; {@code name} is for messages.
   */
  public static HostTensor read(InputStream stream, String name) {
    try (ByteInput in = ByteInput.of(stream, name, ByteInput.UNKNOWN)) {
      return read(in);
    } catch (IOException e) {
      throw ByteInput.failure(name, e);
    }
  }

  private static HostTensor read(ByteInput in) {
    byte[] magic = in.read(4, "the IDX header");
    if (magic[0] != 0 || magic[1] != 0) {
      throw in.error("is not an IDX file, which starts with two zero bytes");
    }
    ElementKind kind =
        switch (magic[2]) {
          case 0x08 -> ElementKind.U8;
          case 0x09 -> ElementKind.I8;
          case 0x0B -> ElementKind.I16;
          case 0x0C -> ElementKind.I32;
          case 0x0D -> ElementKind.F32;
          case 0x0E -> ElementKind.F64;
          default ->
              throw in.error(
                  "has the IDX element type 0x"
                      + Integer.toHexString(magic[2] & 0xFF)
                      + ", known are 8, 9, b, c, d and e");
        };
    int rank = magic[3] & 0xFF;
    if (rank < 1 || rank > MAX_RANK) {
      throw in.error("has " + rank + " axes, 1 to " + MAX_RANK + " were required");
    }
    ByteBuffer header = ByteBuffer.wrap(in.read(4 * rank, "the IDX header"));
    long[] dims = new long[rank];
    for (int i = 0; i < rank; i++) {
      dims[i] = header.getInt() & 0xFFFFFFFFL;
    }
    String what = "the array";
    Shape shape = Elements.shape(in.name(), what, dims);
    HostTensor t = Elements.read(in, kind, ByteOrder.BIG_ENDIAN, shape, what);
    in.requireEnd(what);
    return t;
  }

  /** Writes elements 0..255 as unsigned bytes, atomically; see {@link AtomicFile#write}. */
  public static void writeBytes(Path file, HostTensor tensor) {
    AtomicFile.write(
        file,
        out -> {
          Shape shape = tensor.shape();
          ByteBuffer header = ByteBuffer.allocate(4 + 4 * shape.rank());
          header.put(new byte[] {0, 0, 0x08, (byte) shape.rank()});
          for (int d : shape.dims()) {
            header.putInt(d);
          }
          out.write(header.array());
          for (int v : tensor.ints()) {
            if (v < 0 || v > 255) {
              throw new IOException("IDX bytes must lie in 0..255, got " + v);
            }
            out.write(v);
          }
        });
  }
}
