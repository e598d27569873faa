// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.StringJoiner;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * NumPy's array files, versions 1.0 to 3.0 (numpy.lib.format). It reads f2, f4, f8, signed and
 * unsigned integers and bool, in either byte order and in C or Fortran order; the result is
 * row-major, with the host types of {@link ElementKind}. It never reads pickled objects. It writes
 * version 1, little-endian, C order.
 */
public final class Npy {
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final int ALIGNMENT = 64;

  private Npy() {}

  /**
   * Reads one array; a gzipped file is unpacked while reading.
   *
   * @throws DataException if it is not a complete, valid array file
   */
  public static HostTensor read(Path file) {
    try (ByteInput in = ByteInput.open(file)) {
      return read(in, "the array");
    }
  }

  static HostTensor read(ByteInput in, String what) {
    NpyHeader header = header(in);
    Shape shape = Elements.shape(in.name(), what, header.shape());
    if (!header.fortranOrder()) {
      HostTensor t = Elements.read(in, header.kind(), header.order(), shape, what);
      in.requireEnd(what);
      return t;
    }
    int[] dims = shape.dims();
    for (int i = 0; i < dims.length; i++) {
      dims[i] = shape.dim(-1 - i);
    }
    HostTensor reversed = Elements.read(in, header.kind(), header.order(), Shape.of(dims), what);
    in.requireEnd(what);
    return transposed(reversed, shape);
  }

  private static NpyHeader header(ByteInput in) {
    byte[] start = in.read(MAGIC.length + 2, "the NPY header");
    if (!Arrays.equals(start, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
      throw in.error("is not an NPY file, which starts with the bytes 93 'NUMPY'");
    }
    int version = start[MAGIC.length];
    int minor = start[MAGIC.length + 1];
    if (version < 1 || version > 3 || minor != 0) {
      throw in.error(
          "has NPY version %d.%d, read are 1.0, 2.0 and 3.0"
              .formatted(version & 0xFF, minor & 0xFF));
    }
    byte[] size = in.read(version == 1 ? 2 : 4, "the NPY header");
    ByteBuffer b = ByteBuffer.wrap(size).order(ByteOrder.LITTLE_ENDIAN);
    long length = version == 1 ? b.getShort() & 0xFFFF : b.getInt() & 0xFFFFFFFFL;
    if (length > NpyHeader.MAX_LENGTH) {
      throw in.error(
          "states an NPY header of " + length + " bytes, the limit is " + NpyHeader.MAX_LENGTH);
    }
    byte[] text = in.read((int) length, "the NPY header");
    return NpyHeader.parse(in.name(), new String(text, StandardCharsets.UTF_8));
  }

  /** Undoes Fortran order: reverses the axes of {@code t}, which gives {@code shape}. */
  private static HostTensor transposed(HostTensor t, Shape shape) {
    HostTensor out = HostTensor.zeros(new TensorType(t.dtype(), shape));
    int rank = shape.rank();
    int[] index = new int[rank];
    long[] strides = new long[rank];
    long stride = 1;
    for (int i = 0; i < rank; i++) {
      strides[i] = stride;
      stride *= shape.dim(i);
    }
    int n = (int) shape.size();
    int from = 0;
    for (int to = 0; to < n; to++) {
      System.arraycopy(t.array(), from, out.array(), to, 1);
      for (int axis = rank - 1; axis >= 0; axis--) {
        from += (int) strides[axis];
        if (++index[axis] < shape.dim(axis)) {
          break;
        }
        from -= (int) (strides[axis] * index[axis]);
        index[axis] = 0;
      }
    }
    return out;
  }

  /** Writes one array atomically; see {@link AtomicFile#write} for errors. */
  public static void write(Path file, HostTensor tensor) {
    AtomicFile.write(file, out -> write(out, tensor));
  }

  static void write(OutputStream out, HostTensor tensor) throws IOException {
    StringJoiner shape = new StringJoiner(", ", "(", tensor.shape().rank() == 1 ? ",)" : ")");
    for (int d : tensor.shape().dims()) {
      shape.add(Integer.toString(d));
    }
    header(out, descr(tensor.dtype()), shape.toString());
    Elements.write(out, tensor);
  }

  /** Writes words as an array of Unicode strings, each padded to the longest with zeros. */
  static void write(OutputStream out, List<String> words) throws IOException {
    int longest = 1;
    for (String w : words) {
      longest = Math.max(longest, w.codePointCount(0, w.length()));
    }
    header(out, "<U" + longest, "(%d,)".formatted(words.size()));
    ByteBuffer all =
        ByteBuffer.allocate(Math.multiplyExact(4 * longest, words.size()))
            .order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < words.size(); i++) {
      all.position(4 * longest * i);
      words.get(i).codePoints().forEach(all::putInt);
    }
    out.write(all.array());
  }

  private static void header(OutputStream out, String descr, String shape) throws IOException {
    String text = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }";
    int fixed = MAGIC.length + 4;
    int padding = ALIGNMENT - (fixed + text.length() + 1) % ALIGNMENT;
    byte[] header = (text + " ".repeat(padding) + "\n").getBytes(StandardCharsets.US_ASCII);
    out.write(MAGIC);
    out.write(new byte[] {1, 0, (byte) header.length, (byte) (header.length >>> 8)});
    out.write(header);
  }

  private static String descr(DType type) {
    return switch (type) {
      case F32 -> "<f4";
      case F64 -> "<f8";
      case I32 -> "<i4";
      case BOOL -> "|b1";
      case BF16 -> throw new IllegalArgumentException("NPY has no BF16");
    };
  }
}
