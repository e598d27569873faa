// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * The safetensors format: a little-endian 64-bit header length, a JSON header {name: {dtype, shape,
 * data_offsets}}, then the little-endian elements. As in the reference implementation, the header
 * is at most 100 MB and the tensors must cover the rest of the file without gaps or overlaps.
 *
 * @param tensors in the order of the data
 * @param metadata the header's {@code __metadata__}
 */
public record SafeTensors(Map<String, HostTensor> tensors, Map<String, String> metadata) {
  static final String METADATA = "__metadata__";
  private static final long MAX_HEADER = 100_000_000;
  private static final int ALIGNMENT = 8;

  /** Copies both maps, keeping their order. */
  public SafeTensors {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
  }

  /**
   * Reads all tensors of a file; the element types are those of {@link ElementKind}.
   *
   * @throws DataException if it is not a complete, valid file, or an element type is not supported
   */
  public static SafeTensors read(Path file) {
    try (ByteInput in = ByteInput.openPlain(file)) {
      String what = "the safetensors header";
      long length = ByteBuffer.wrap(in.read(8, what)).order(ByteOrder.LITTLE_ENDIAN).getLong();
      if (length < 2 || length > MAX_HEADER) {
        throw in.error(
            "states a safetensors header of "
                + Long.toUnsignedString(length)
                + " bytes, the limits are 2 and "
                + MAX_HEADER);
      }
      SafeTensorsHeader header = SafeTensorsHeader.parse(in.name(), in.read((int) length, what));
      Map<String, HostTensor> tensors = new LinkedHashMap<>();
      long at = 0;
      for (SafeTensorsHeader.Entry e : header.entries()) {
        String tensor = "the tensor '" + e.name() + "'";
        Shape shape = Elements.shape(in.name(), tensor, e.shape());
        long bytes = shape.size() * e.kind().bytes();
        if (e.begin() != at || e.end() - e.begin() != bytes) {
          throw in.error(
              tensor
                  + " must take bytes "
                  + at
                  + " to "
                  + (at + bytes)
                  + ", its data_offsets are "
                  + e.begin()
                  + " and "
                  + e.end());
        }
        tensors.put(e.name(), Elements.read(in, e.kind(), ByteOrder.LITTLE_ENDIAN, shape, tensor));
        at = e.end();
      }
      in.requireEnd("the last tensor");
      return new SafeTensors(tensors, header.metadata());
    }
  }

  /**
   * Writes a file atomically; see {@link AtomicFile#write} for errors. Tensors are ordered by
   * decreasing element size, then by name, so that each is aligned and equal content gives equal
   * bytes.
   */
  public void write(Path file) {
    if (tensors.containsKey(METADATA)) {
      throw new IllegalArgumentException("a tensor cannot be named " + METADATA);
    }
    AtomicFile.write(file, this::write);
  }

  private void write(OutputStream out) throws IOException {
    List<Map.Entry<String, HostTensor>> order = new ArrayList<>(tensors.entrySet());
    order.sort(
        Comparator.<Map.Entry<String, HostTensor>>comparingInt(e -> -kind(e.getValue()).bytes())
            .thenComparing(Map.Entry::getKey));
    byte[] json = header(order).getBytes(StandardCharsets.UTF_8);
    int padded = (json.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    ByteBuffer head = ByteBuffer.allocate(8 + padded).order(ByteOrder.LITTLE_ENDIAN);
    head.putLong(padded).put(json);
    while (head.hasRemaining()) {
      head.put((byte) ' ');
    }
    out.write(head.array());
    for (Map.Entry<String, HostTensor> e : order) {
      Elements.write(out, e.getValue());
    }
  }

  private static ElementKind kind(HostTensor t) {
    return ElementKind.of(t.dtype());
  }

  private String header(List<Map.Entry<String, HostTensor>> order) throws IOException {
    StringWriter text = new StringWriter();
    JsonWriter json = new JsonWriter(text);
    json.beginObject();
    if (!metadata.isEmpty()) {
      json.name(METADATA).beginObject();
      for (Map.Entry<String, String> e : metadata.entrySet()) {
        json.name(e.getKey()).value(e.getValue());
      }
      json.endObject();
    }
    long at = 0;
    for (Map.Entry<String, HostTensor> e : order) {
      HostTensor t = e.getValue();
      json.name(e.getKey()).beginObject().name("dtype").value(kind(t).name());
      json.name("shape").beginArray();
      for (int d : t.shape().dims()) {
        json.value(d);
      }
      json.endArray().name("data_offsets").beginArray().value(at);
      at += t.shape().size() * kind(t).bytes();
      json.value(at).endArray().endObject();
    }
    json.endObject().flush();
    return text.toString();
  }
}
