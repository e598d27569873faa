// SPDX-License-Identifier: Apache-2.0
package org.rigor.io.onnx;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.rigor.io.DataException;

/**
 * A protobuf message that is read field by field. Every field is asked for with the wire type it
 * must have; faults become {@link DataException} with the file and the byte.
 */
final class WireReader {
  private final CodedInputStream in;
  private final String file;
  private int tag;

  WireReader(byte[] bytes, String file) {
    this.in = CodedInputStream.newInstance(bytes);
    // Slices of the file's bytes instead of copies.
    in.enableAliasing(true);
    this.file = file;
  }

  String file() {
    return file;
  }

  /** Number of the next field of this message, or 0 at its end. */
  int next() {
    return guarded(
        () -> {
          tag = in.isAtEnd() ? 0 : in.readTag();
          return WireFormat.getTagFieldNumber(tag);
        });
  }

  /** Passes over a field that is known and says nothing about what the network computes. */
  void skip() {
    int type = WireFormat.getTagWireType(tag);
    // Groups are the one construct that nests without a length; ONNX has none.
    if (type == WireFormat.WIRETYPE_START_GROUP || type == WireFormat.WIRETYPE_END_GROUP) {
      throw error("has a protobuf group, which ONNX does not use");
    }
    guarded(() -> in.skipField(tag));
  }

  /**
   * Refuses a field that is not known: what it says could change what the file means.
   *
   * @param message the kind of message it stands in
   */
  DataException unknown(String message) {
    skip(); // for damage, which says more
    return error(
        "has the field " + WireFormat.getTagFieldNumber(tag) + " of " + message + ", not known,");
  }

  long varint() {
    require(WireFormat.WIRETYPE_VARINT);
    return guarded(in::readInt64);
  }

  float real() {
    require(WireFormat.WIRETYPE_FIXED32);
    return guarded(in::readFloat);
  }

  String text() {
    require(WireFormat.WIRETYPE_LENGTH_DELIMITED);
    return guarded(in::readStringRequireUtf8);
  }

  /** The bytes of a field, not copied. */
  ByteBuffer bytes() {
    require(WireFormat.WIRETYPE_LENGTH_DELIMITED);
    return guarded(in::readByteBuffer);
  }

  /** Enters a nested message; {@code body} reads its fields until {@link #next} gives 0. */
  void message(Runnable body) {
    require(WireFormat.WIRETYPE_LENGTH_DELIMITED);
    int outer =
        guarded(
            () -> {
              int length = in.readRawVarint32();
              return in.pushLimit(length);
            });
    body.run();
    if (!guarded(in::isAtEnd)) {
      throw error("has a message that ends early");
    }
    in.popLimit(outer);
  }

  /** Reads a repeated scalar: one element, or a packed run of them. */
  void repeated(int scalarType, Element element) {
    if (WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED) {
      message(
          () -> {
            while (!guarded(in::isAtEnd)) {
              one(element);
            }
          });
    } else {
      require(scalarType);
      one(element);
    }
  }

  /** Takes one scalar from the stream. */
  @FunctionalInterface
  interface Element {
    void read(CodedInputStream in) throws IOException;
  }

  private void one(Element element) {
    guarded(
        () -> {
          element.read(in);
          return null;
        });
  }

  /** A valid file that asks for what is not read. */
  DataException unsupported(String what) {
    return new DataException(file + ": " + what + ", which is not supported");
  }

  DataException error(String problem) {
    return new DataException(
        file + ": is not a valid ONNX file, it " + problem + " at byte " + in.getTotalBytesRead());
  }

  private void require(int type) {
    if (WireFormat.getTagWireType(tag) != type) {
      throw error(
          "has field "
              + WireFormat.getTagFieldNumber(tag)
              + " with wire type "
              + WireFormat.getTagWireType(tag)
              + " instead of "
              + type);
    }
  }

  @FunctionalInterface
  private interface Read<T> {
    T get() throws IOException;
  }

  private <T> T guarded(Read<T> read) {
    try {
      return read.get();
    } catch (IOException e) {
      // Protobuf's messages are several sentences for programmers; the place says enough.
      throw error("is damaged or truncated");
    }
  }
}
