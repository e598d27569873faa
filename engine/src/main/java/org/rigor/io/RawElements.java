// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/** Little-endian elements already in memory, for formats that embed arrays. */
public final class RawElements {
  private RawElements() {}

  /**
   * Decodes a row-major array.
   *
   * @param file and {@code what} are for messages
   * @throws DataException if the extents are invalid or do not match the number of bytes, or an
   *     element does not fit its host type
   */
  public static HostTensor read(
      String file, String what, ElementKind kind, long[] dims, ByteBuffer bytes) {
    Shape shape = Elements.shape(file, what, dims);
    long required = shape.size() * kind.bytes();
    if (required != bytes.remaining()) {
      throw new DataException(
          file
              + ": "
              + what
              + " of shape "
              + shape
              + " and type "
              + kind
              + " needs "
              + required
              + " bytes, got "
              + bytes.remaining());
    }
    HostTensor out = Elements.zeros(file, what, kind, shape);
    try {
      ByteBuffer in = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
      kind.decode(in, out.array(), 0, (int) shape.size());
    } catch (DataException e) {
      throw new DataException(file + ": " + what + ": " + e.getMessage());
    }
    return out;
  }

  /** Encodes a tensor in the given kind, which must be able to hold its values. */
  public static byte[] write(ElementKind kind, HostTensor tensor) {
    int n = (int) tensor.shape().size();
    ByteBuffer out =
        ByteBuffer.allocate(Math.multiplyExact(n, kind.bytes())).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < n; i++) {
      switch (kind) {
        case F32 -> out.putFloat(tensor.floats()[i]);
        case F64 -> out.putDouble(tensor.doubles()[i]);
        case F16 -> out.putShort(HalfFloat.exact(tensor.floats()[i]));
        case BF16 -> out.putShort(brain(tensor.floats()[i]));
        case I32 -> out.putInt(tensor.ints()[i]);
        case I64 -> out.putLong(tensor.ints()[i]);
        case BOOL -> out.put((byte) tensor.ints()[i]);
        default -> throw new IllegalArgumentException("arrays of type " + kind + " are only read");
      }
    }
    return out.array();
  }

  private static short brain(float v) {
    int bits = Float.floatToRawIntBits(v);
    if ((bits & 0xFFFF) != 0) {
      throw new IllegalArgumentException(v + " is not exact in bfloat16");
    }
    return (short) (bits >>> 16);
  }
}
