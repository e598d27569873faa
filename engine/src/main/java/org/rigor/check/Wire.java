// SPDX-License-Identifier: Apache-2.0
package org.rigor.check;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.rigor.io.DataException;

/** Fields of a protocol buffer message, in the order of the file. */
final class Wire {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;

  private final String file;
  private final ByteBuffer in;
  private int field;
  private int kind;
  private long number;
  private ByteBuffer content;

  Wire(String file, byte[] bytes) {
    this(file, ByteBuffer.wrap(bytes));
  }

  private Wire(String file, ByteBuffer in) {
    this.file = file;
    this.in = in.order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Reads the next field; returns false at the end. */
  boolean next() {
    if (!in.hasRemaining()) {
      return false;
    }
    long tag = varint();
    field = (int) (tag >>> 3);
    kind = (int) (tag & 7);
    switch (kind) {
      case VARINT -> number = varint();
      case FIXED64 -> number = require(8).getLong();
      case FIXED32 -> number = require(4).getInt();
      case BYTES -> {
        long length = varint();
        if (length < 0 || length > in.remaining()) {
          throw broken();
        }
        content = in.slice(in.position(), (int) length).order(ByteOrder.LITTLE_ENDIAN);
        in.position(in.position() + (int) length);
      }
      default -> throw broken();
    }
    return true;
  }

  int field() {
    return field;
  }

  /** Returns an integer field. */
  long integer() {
    require(kind == VARINT);
    return number;
  }

  /** Returns a float field. */
  float real() {
    require(kind == FIXED32);
    return Float.intBitsToFloat((int) number);
  }

  /** Returns a field of bytes, little endian. */
  ByteBuffer bytes() {
    require(kind == BYTES);
    return content;
  }

  String text() {
    return StandardCharsets.UTF_8.decode(bytes().duplicate()).toString();
  }

  /** Returns the fields of a message inside this one. */
  Wire message() {
    return new Wire(file, bytes());
  }

  /** Returns one integer, or the integers of a packed field. */
  long[] integers() {
    if (kind == VARINT) {
      return new long[] {number};
    }
    Wire packed = message();
    long[] all = new long[packed.in.remaining()];
    int n = 0;
    while (packed.in.hasRemaining()) {
      all[n++] = packed.varint();
    }
    return Arrays.copyOf(all, n);
  }

  private long varint() {
    long v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      byte b = require(1).get();
      v |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return v;
      }
    }
    throw broken();
  }

  private ByteBuffer require(int bytes) {
    require(in.remaining() >= bytes);
    return in;
  }

  private void require(boolean holds) {
    if (!holds) {
      throw broken();
    }
  }

  private DataException broken() {
    return new DataException(file + ": not an ONNX file, or cut short");
  }
}
