// SPDX-License-Identifier: Apache-2.0
package org.rigor.io.onnx;

import com.google.protobuf.WireFormat;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.rigor.io.DataException;
import org.rigor.io.ElementKind;
import org.rigor.io.RawElements;

/** A reader of one TensorProto: raw bytes or one of the typed lists. */
final class OnnxTensorReader {
  private static final int MAX_RANK = 64;

  private final WireReader wire;
  private final ExternalData external;
  private final Map<String, String> elsewhere = new LinkedHashMap<>();
  private final Scalars dims = new Scalars();
  private final Scalars reals = new Scalars();
  private final Scalars doubles = new Scalars();
  private final Scalars int32s = new Scalars();
  private final Scalars int64s = new Scalars();
  private final Scalars uint64s = new Scalars();
  private String name = "";
  private long type;
  private ByteBuffer raw;
  private boolean outside;

  OnnxTensorReader(WireReader wire, ExternalData external) {
    this.wire = wire;
    this.external = external;
  }

  String name() {
    return name;
  }

  /** Reads the fields of the current message. */
  OnnxTensor read() {
    for (int field; (field = wire.next()) != 0; ) {
      switch (field) {
        case 1 -> wire.repeated(WireFormat.WIRETYPE_VARINT, in -> dims.add(in.readInt64()));
        case 2 -> type = wire.varint();
        case 3 -> throw wire.unsupported("has a tensor in segments");
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
        case 6 -> wire.skip(); // texts as elements: their type is rejected
        case 12, 16 -> wire.skip(); // texts
        case 13 -> wire.message(this::entry);
        case 14 -> outside = place(wire.varint());
        default -> throw wire.unknown("TensorProto");
      }
    }
    return tensor();
  }

  /** Returns whether a TensorProto.DataLocation is EXTERNAL. */
  private boolean place(long location) {
    if (location != 0 && location != 1) {
      throw wire.error("has a tensor in the data location " + location + ", not known,");
    }
    return location == 1;
  }

  /** Reads a StringStringEntryProto about the location of the values. */
  private void entry() {
    String key = "";
    String value = "";
    for (int field; (field = wire.next()) != 0; ) {
      switch (field) {
        case 1 -> key = wire.text();
        case 2 -> value = wire.text();
        default -> throw wire.unknown("StringStringEntryProto");
      }
    }
    if (elsewhere.put(key, value) != null) {
      throw wire.error("states the " + key + " of a tensor's external data twice");
    }
  }

  private OnnxTensor tensor() {
    String what = "the tensor '" + name + "'";
    if (dims.size() > MAX_RANK) {
      throw new DataException(wire.file() + ": " + what + " has more than " + MAX_RANK + " axes");
    }
    ElementKind kind = OnnxTypes.kind(wire.file(), what, type);
    int[] extents = extents(what);
    ByteBuffer bytes = bytes(what, kind, extents);
    boolean real = kind.host().isFloating();
    if (real && !IntStream.of(extents).anyMatch(d -> d == 0)) {
      return OnnxTensor.of(
          kind, RawElements.read(wire.file(), what, kind, dims.toArray(), bytes.slice()));
    }
    long required = IntStream.of(extents).asLongStream().reduce(kind.bytes(), Math::multiplyExact);
    if (required != bytes.remaining()) {
      throw new DataException(
          "%s: %s of shape %s and type %s needs %d bytes, got %d"
              .formatted(
                  wire.file(), what, Arrays.toString(extents), kind, required, bytes.remaining()));
    }
    return real
        ? OnnxTensor.noReals(kind, extents)
        : OnnxTensor.integers(kind, extents, integers(what, kind, bytes));
  }

  private int[] extents(String what) {
    int[] out = new int[dims.size()];
    long count = 1;
    for (int i = 0; i < out.length; i++) {
      long d = dims.get(i);
      if (d < 0 || d > Integer.MAX_VALUE || (count *= d) > Integer.MAX_VALUE) {
        throw new DataException(
            "%s: %s has the shape %s, extents must be at least 0 and their product at most %d"
                .formatted(wire.file(), what, Arrays.toString(dims.toArray()), Integer.MAX_VALUE));
      }
      out[i] = (int) d;
    }
    return out;
  }

  /**
   * Returns the elements, little-endian, from the one place that holds them; rejects several
   * places.
   */
  private ByteBuffer bytes(String what, ElementKind kind, int[] extents) {
    Scalars typed = list(kind);
    long lists =
        Stream.of(reals, doubles, int32s, int64s, uint64s).filter(s -> s.size() > 0).count();
    long places = (outside ? 1 : 0) + (raw != null && raw.hasRemaining() ? 1 : 0) + lists;
    if (places > 1 || (lists == 1 && typed.size() == 0)) {
      throw new DataException(
          "%s: %s of type %s must have its values in one place, of that type"
              .formatted(wire.file(), what, kind));
    }
    if (!outside && !elsewhere.isEmpty()) {
      throw new DataException(
          wire.file() + ": " + what + " names external data, but is said to lie inside");
    }
    if (outside) {
      long required =
          IntStream.of(extents).asLongStream().reduce(kind.bytes(), Math::multiplyExact);
      return external
          .read(wire.file() + ": " + what, elsewhere, required)
          .order(ByteOrder.LITTLE_ENDIAN);
    }
    return (raw != null && lists == 0 ? raw.slice() : packed(kind)).order(ByteOrder.LITTLE_ENDIAN);
  }

  private long[] integers(String what, ElementKind kind, ByteBuffer in) {
    long[] out = new long[in.remaining() / kind.bytes()];
    for (int i = 0; i < out.length; i++) {
      out[i] =
          switch (kind) {
            case BOOL, U8 -> in.get() & 0xFF;
            case I8 -> in.get();
            case U16 -> in.getShort() & 0xFFFF;
            case I16 -> in.getShort();
            case U32 -> in.getInt() & 0xFFFFFFFFL;
            case I32 -> in.getInt();
            case I64, U64 -> in.getLong();
            default -> throw new IllegalStateException(kind + " is not an integer");
          };
      boolean fits =
          kind == ElementKind.BOOL ? out[i] <= 1 : kind != ElementKind.U64 || out[i] >= 0;
      if (!fits) {
        throw new DataException(
            "%s: element %d of %s is no %s that is read: %s"
                .formatted(wire.file(), i, what, kind, Long.toUnsignedString(out[i])));
      }
    }
    return out;
  }

  private Scalars list(ElementKind kind) {
    return switch (kind) {
      case F32 -> reals;
      case F64 -> doubles;
      case I64 -> int64s;
      case U32, U64 -> uint64s;
      default -> int32s;
    };
  }

  /** Returns the typed list of this element type as the bytes that raw data would have. */
  private ByteBuffer packed(ElementKind kind) {
    Scalars from = list(kind);
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
