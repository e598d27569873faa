// SPDX-License-Identifier: Apache-2.0
package org.rigor.io.onnx;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.rigor.io.DataException;

/**
 * A reader of a protobuf message, field by field. Callers request each field with its required wire
 * type; errors become {@link DataException} with the file and the byte.
 */
final class WireReader {
  private final CodedInputStream in;
  private final String file;
  private int tag;

  WireReader(byte[] bytes, String file) {
    this.in = CodedInputStream.newInstance(bytes);
    // Alias the file's bytes instead of copying them.
    in.enableAliasing(true);
    this.file = file;
  }

  String file() {
    return file;
  }

  /** Returns the number of the next field of this message, or 0 at its end. */
  int next() {
    return guarded(
        () -> {
          tag = in.isAtEnd() ? 0 : in.readTag();
          return WireFormat.getTagFieldNumber(tag);
        });
  }

  /** Skips a known field that does not affect what the network computes. */
  void skip() {
    int type = WireFormat.getTagWireType(tag);
    // Only groups can nest without a length; ONNX has none.
    if (type == WireFormat.WIRETYPE_START_GROUP || type == WireFormat.WIRETYPE_END_GROUP) {
      throw error("has a protobuf group, which ONNX does not use");
    }
    guarded(() -> in.skipField(tag));
  }

  /**
   * Rejects an unknown field: it could change the meaning of the file.
   *
   * @param message the kind of message that contains it
   */
  DataException unknown(String message) {
    skip(); // damage gives a more specific error
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

  /** Returns the bytes of a field without copying. */
  ByteBuffer bytes() {
    require(WireFormat.WIRETYPE_LENGTH_DELIMITED);
    return guarded(in::readByteBuffer);
  }

  /** Enters a nested message; {@code body} reads its fields until {@link #next} returns 0. */
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

  /** Reads a repeated scalar: one element or a packed run. */
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

  /** Reads one scalar from the stream. */
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

  /** Returns the error for a valid file that needs an unsupported feature. */
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
      // Protobuf's messages are several sentences for programmers; the position suffices.
      throw error("is damaged or truncated");
    }
  }
}
