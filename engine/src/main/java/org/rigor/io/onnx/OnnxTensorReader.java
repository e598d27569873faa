// SPDX-License-Identifier: Apache-2.0
package org.rigor.io.onnx;

import com.google.protobuf.WireFormat;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.rigor.io.DataException;
import org.rigor.io.ElementKind;
import org.rigor.io.RawElements;
import org.rigor.tensor.HostTensor;

/** Reads one TensorProto: raw bytes or one of the typed lists. */
final class OnnxTensorReader {
  private static final int MAX_RANK = 64;

  private final WireReader wire;
  private final Scalars dims = new Scalars();
  private final Scalars reals = new Scalars();
  private final Scalars doubles = new Scalars();
  private final Scalars int32s = new Scalars();
  private final Scalars int64s = new Scalars();
  private final Scalars uint64s = new Scalars();
  private String name = "";
  private long type;
  private ByteBuffer raw;

  OnnxTensorReader(WireReader wire) {
    this.wire = wire;
  }

  String name() {
    return name;
  }

  /** Reads the fields of the message that the reader stands in. */
  OnnxTensor read() {
    for (int field; (field = wire.next()) != 0; ) {
      switch (field) {
        case 1 -> wire.repeated(WireFormat.WIRETYPE_VARINT, in -> dims.add(in.readInt64()));
        case 2 -> type = wire.varint();
        case 3 -> throw wire.error("has a tensor in segments, which is not supported,");
        case 4 ->
            wire.repeated(WireFormat.WIRETYPE_FIXED32, in -> reals.add(in.readRawLittleEndian32()));
        case 5 -> wire.repeated(WireFormat.WIRETYPE_VARINT, in -> int32s.add(in.readInt32()));
        case 7 -> wire.repeated(WireFormat.WIRETYPE_VARINT, in -> int64s.add(in.readInt64()));
        case 8 -> name = wire.text();
        case 9 -> raw = wire.bytes();
        case 10 ->
            wire.repeated(
                WireFormat.WIRETYPE_FIXED64, in -> doubles.add(in.readRawLittleEndian64()));
        case 11 -> wire.repeated(WireFormat.WIRETYPE_VARINT, in -> uint64s.add(in.readUInt64()));
        case 13 -> throw external();
        case 14 -> {
          if (wire.varint() != 0) {
            throw external();
          }
        }
        default -> wire.skip();
      }
    }
    return tensor();
  }

  private DataException external() {
    return new DataException(
        wire.file()
            + ": keeps the values of the tensor '"
            + name
            + "' in another file, which is"
            + " not read: save the model with its weights inside");
  }

  private OnnxTensor tensor() {
    String what = "the tensor '" + name + "'";
    if (dims.size() > MAX_RANK) {
      throw new DataException(wire.file() + ": " + what + " has more than " + MAX_RANK + " axes");
    }
    ElementKind kind = OnnxTypes.kind(wire.file(), what, type);
    HostTensor value =
        RawElements.read(wire.file(), what, kind, dims.toArray(), raw != null ? raw : packed(kind));
    return new OnnxTensor(kind, value);
  }

  /** The typed list of this element type, as the bytes that raw data would have. */
  private ByteBuffer packed(ElementKind kind) {
    Scalars from =
        switch (kind) {
          case F32 -> reals;
          case F64 -> doubles;
          case I64 -> int64s;
          case U32, U64 -> uint64s;
          default -> int32s;
        };
    int bytes = kind.bytes();
    if ((long) from.size() * bytes > Integer.MAX_VALUE) {
      throw new DataException(wire.file() + ": the tensor '" + name + "' is larger than 2 GiB");
    }
    ByteBuffer out = ByteBuffer.allocate(from.size() * bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < from.size(); i++) {
      long v = from.get(i);
      switch (bytes) {
        case 1 -> out.put((byte) v);
        case 2 -> out.putShort((short) v);
        case 4 -> out.putInt((int) v);
        default -> out.putLong(v);
      }
      if (!fits(kind, v)) {
        throw new DataException(
            wire.file()
                + ": element "
                + i
                + " of the tensor '"
                + name
                + "' is no "
                + kind
                + ": "
                + v);
      }
    }
    return out.flip();
  }

  private static boolean fits(ElementKind kind, long v) {
    return switch (kind) {
      case U8 -> v == (v & 0xFF);
      case I8 -> v == (byte) v;
      case U16, F16, BF16 -> v == (v & 0xFFFF);
      case I16 -> v == (short) v;
      case U32 -> v == (v & 0xFFFFFFFFL);
      case BOOL -> v == (v & 1);
      default -> true;
    };
  }
}
