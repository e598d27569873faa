// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

import java.nio.ByteBuffer;
import org.rigor.tensor.DType;

/**
 * The encoding of an element in a file, and its host type. Narrow types widen without loss; 64-bit
 * integers and unsigned 32-bit ones become I32 and must fit.
 */
public enum ElementKind {
  F16(2, DType.F32),
  BF16(2, DType.F32),
  F32(4, DType.F32),
  F64(8, DType.F64),
  BOOL(1, DType.BOOL),
  U8(1, DType.I32),
  I8(1, DType.I32),
  U16(2, DType.I32),
  I16(2, DType.I32),
  U32(4, DType.I32),
  I32(4, DType.I32),
  U64(8, DType.I32),
  I64(8, DType.I32);

  private final int bytes;
  private final DType host;

  ElementKind(int bytes, DType host) {
    this.bytes = bytes;
    this.host = host;
  }

  /** Returns the number of bytes per element in the file. */
  public int bytes() {
    return bytes;
  }

  /** Returns the type of the tensor that holds such elements. */
  public DType host() {
    return host;
  }

  /** Returns the encoding in which a host tensor of this type is written. */
  public static ElementKind of(DType type) {
    return switch (type) {
      case F32 -> F32;
      case F64 -> F64;
      case I32 -> I32;
      case BOOL -> BOOL;
      case BF16 -> throw new IllegalArgumentException("BF16 is not a host type");
    };
  }

  /**
   * Decodes {@code n} elements from {@code in}, in its byte order, to {@code out[at ..]}.
   *
   * @param out {@code float[]}, {@code double[]} or {@code int[]}, as {@link #host()} demands
   * @throws DataException if an integer does not fit 32 bits or a boolean is neither 0 nor 1; the
   *     message names the element by its index and has no file name yet
   */
  void decode(ByteBuffer in, Object out, int at, int n) {
    switch (this) {
      case F32 -> in.asFloatBuffer().get((float[]) out, at, n);
      case F64 -> in.asDoubleBuffer().get((double[]) out, at, n);
      case I32 -> in.asIntBuffer().get((int[]) out, at, n);
      case F16, BF16 -> {
        float[] f = (float[]) out;
        for (int i = at; i < at + n; i++) {
          short bits = in.getShort();
          f[i] = this == F16 ? HalfFloat.toFloat(bits) : Float.intBitsToFloat(bits << 16);
        }
      }
      default -> {
        int[] ints = (int[]) out;
        for (int i = at; i < at + n; i++) {
          ints[i] = integer(in, i);
        }
      }
    }
  }

  private int integer(ByteBuffer in, int index) {
    return switch (this) {
      case U8 -> in.get() & 0xFF;
      case I8 -> in.get();
      case U16 -> in.getShort() & 0xFFFF;
      case I16 -> in.getShort();
      case BOOL -> {
        byte b = in.get();
        if (b != 0 && b != 1) {
          throw new DataException("element " + index + " is not a boolean: 0 or 1, got " + b);
        }
        yield b;
      }
      case U32 -> fit(in.getInt() & 0xFFFFFFFFL, false, index);
      case I64 -> fit(in.getLong(), false, index);
      case U64 -> fit(in.getLong(), true, index);
      default -> throw new AssertionError(this);
    };
  }

  private static int fit(long value, boolean unsigned, int index) {
    if (value != (int) value || (unsigned && value < 0)) {
      throw new DataException(
          "element "
              + index
              + " does not fit a 32-bit integer: "
              + (unsigned ? Long.toUnsignedString(value) : Long.toString(value)));
    }
    return (int) value;
  }
}
