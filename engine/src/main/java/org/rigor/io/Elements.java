// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** The bodies of array files: element counts, reading and writing runs of elements. */
final class Elements {
  private static final int CHUNK_BYTES = 1 << 16;
  private static final int FIRST_GUESS = 1 << 20;

  /** The largest array that every JVM can allocate. */
  static final int MAX_ELEMENTS = Integer.MAX_VALUE - 8;

  private Elements() {}

  /**
   * Checks declared extents and returns their shape.
   *
   * @param what the array, for messages
   * @throws DataException if an extent is below 1 or above 2^31-1, or the product is more than an
   *     array can hold
   */
  static Shape shape(String file, String what, long... dims) {
    long count = 1;
    int[] extents = new int[dims.length];
    for (int i = 0; i < dims.length; i++) {
      if (dims[i] < 1 || dims[i] > MAX_ELEMENTS || (count *= dims[i]) > MAX_ELEMENTS) {
        throw new DataException(
            file
                + ": "
                + what
                + " has the shape "
                + Arrays.toString(dims)
                + ", every extent must be at least 1 and their product at most "
                + MAX_ELEMENTS);
      }
      extents[i] = (int) dims[i];
    }
    return Shape.of(extents);
  }

  /**
   * Reads the elements of a row-major array.
   *
   * <p>If the stream's length is unknown, the array grows as bytes arrive, so a header alone cannot
   * claim memory.
   */
  static HostTensor read(
      ByteInput in, ElementKind kind, ByteOrder order, Shape shape, String what) {
    int count = (int) shape.size();
    in.require((long) count * kind.bytes(), what);
    requireHeap(in.name(), what, (long) count * kind.host().bytes());
    int room = in.lengthKnown() ? count : Math.min(count, FIRST_GUESS);
    try {
      Object out = allocate(kind.host(), room);
      byte[] bytes = new byte[CHUNK_BYTES];
      ByteBuffer buffer = ByteBuffer.wrap(bytes).order(order);
      int step = CHUNK_BYTES / kind.bytes();
      for (int at = 0; at < count; ) {
        int n = Math.min(step, count - at);
        in.read(bytes, n * kind.bytes(), what);
        if (at + n > room) {
          room = (int) Math.min(count, 2L * room);
          out = grow(out, room);
        }
        decode(in, kind, buffer.clear(), out, at, n, what);
        at += n;
      }
      return new HostTensor(new TensorType(kind.host(), shape), out);
    } catch (OutOfMemoryError e) {
      throw tooLarge(in.name(), what, (long) count * kind.host().bytes());
    }
  }

  private static void decode(
      ByteInput in, ElementKind kind, ByteBuffer from, Object out, int at, int n, String what) {
    try {
      kind.decode(from, out, at, n);
    } catch (DataException e) {
      throw in.error(what + ": " + e.getMessage());
    }
  }

  /** Writes all elements in little-endian order, booleans as bytes. */
  static void write(OutputStream out, HostTensor t) throws IOException {
    ElementKind kind = ElementKind.of(t.dtype());
    int count = (int) t.shape().size();
    byte[] bytes = new byte[CHUNK_BYTES];
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int step = CHUNK_BYTES / kind.bytes();
    for (int at = 0; at < count; at += step) {
      int n = Math.min(step, count - at);
      buffer.clear();
      switch (kind) {
        case F32 -> buffer.asFloatBuffer().put(t.floats(), at, n);
        case F64 -> buffer.asDoubleBuffer().put(t.doubles(), at, n);
        case I32 -> buffer.asIntBuffer().put(t.ints(), at, n);
        default -> {
          for (int i = 0; i < n; i++) {
            bytes[i] = (byte) t.ints()[at + i];
          }
        }
      }
      out.write(bytes, 0, n * kind.bytes());
    }
  }

  /** Returns a tensor of zeros; throws if the heap is too small. */
  static HostTensor zeros(String file, String what, ElementKind kind, Shape shape) {
    long bytes = shape.size() * kind.host().bytes();
    requireHeap(file, what, bytes);
    try {
      return HostTensor.zeros(new TensorType(kind.host(), shape));
    } catch (OutOfMemoryError e) {
      throw tooLarge(file, what, bytes);
    }
  }

  private static void requireHeap(String file, String what, long bytes) {
    if (bytes > Runtime.getRuntime().maxMemory()) {
      throw tooLarge(file, what, bytes);
    }
  }

  private static DataException tooLarge(String file, String what, long bytes) {
    return new DataException(
        file
            + ": "
            + what
            + " takes "
            + bytes
            + " bytes of memory, the Java heap has "
            + Runtime.getRuntime().maxMemory()
            + " (raise it with -Xmx)");
  }

  private static Object allocate(DType type, int n) {
    return switch (type) {
      case F32 -> new float[n];
      case F64 -> new double[n];
      default -> new int[n];
    };
  }

  private static Object grow(Object array, int n) {
    return array instanceof float[] f
        ? Arrays.copyOf(f, n)
        : array instanceof double[] d ? Arrays.copyOf(d, n) : Arrays.copyOf((int[]) array, n);
  }
}
