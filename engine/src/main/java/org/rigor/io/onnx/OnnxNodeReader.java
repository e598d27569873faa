// SPDX-License-Identifier: Apache-2.0
package org.rigor.io.onnx;

import com.google.protobuf.WireFormat;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** A reader of one NodeProto with its attributes. */
final class OnnxNodeReader {
  /** AttributeProto.AttributeType by the field that holds such a value. */
  private static final Map<Integer, Integer> TYPE_OF_FIELD =
      Map.ofEntries(
          Map.entry(2, 1),
          Map.entry(3, 2),
          Map.entry(4, 3),
          Map.entry(5, 4),
          Map.entry(6, 5),
          Map.entry(7, 6),
          Map.entry(8, 7),
          Map.entry(9, 8),
          Map.entry(10, 9),
          Map.entry(11, 10),
          Map.entry(22, 11),
          Map.entry(23, 12),
          Map.entry(14, 13),
          Map.entry(15, 14));

  private final WireReader wire;
  private final ExternalData external;
  private final int index;
  private final List<String> inputs = new ArrayList<>();
  private final List<String> outputs = new ArrayList<>();
  private final Map<String, OnnxAttribute> attributes = new LinkedHashMap<>();

  OnnxNodeReader(WireReader wire, ExternalData external, int index) {
    this.wire = wire;
    this.external = external;
    this.index = index;
  }

  OnnxNode read() {
    String name = "";
    String op = "";
    String domain = "";
    for (int field; (field = wire.next()) != 0; ) {
      switch (field) {
        case 1 -> inputs.add(wire.text());
        case 2 -> outputs.add(wire.text());
        case 3 -> name = wire.text();
        case 4 -> op = wire.text();
        case 5 -> wire.message(this::attribute);
        case 6, 9 -> wire.skip(); // texts
        case 7 -> domain = wire.text();
        case 8 -> {
          if (!wire.text().isEmpty()) {
            throw wire.error("has an overloaded operator in node " + index);
          }
        }
        case 10 -> throw wire.unsupported("places node " + index + " on devices");
        default -> throw wire.unknown("NodeProto");
      }
    }
    domain = domain.equals("ai.onnx") ? "" : domain;
    return new OnnxNode(index, op, domain, name, inputs, outputs, attributes);
  }

  private void attribute() {
    String name = "";
    long type = 0;
    Scalars ints = new Scalars();
    Scalars reals = new Scalars();
    long integer = 0;
    float real = 0;
    String text = "";
    OnnxTensor[] tensor = {null};
    Set<Integer> seen = new TreeSet<>();
    for (int field; (field = wire.next()) != 0; ) {
      switch (field) {
        case 1 -> name = wire.text();
        case 2 -> real = wire.real();
        case 3 -> integer = wire.varint();
        case 4 -> text = wire.text();
        case 5 -> wire.message(() -> tensor[0] = new OnnxTensorReader(wire, external).read());
        case 7 ->
            wire.repeated(WireFormat.WIRETYPE_FIXED32, in -> reals.add(in.readRawLittleEndian32()));
        case 8 -> wire.repeated(WireFormat.WIRETYPE_VARINT, in -> ints.add(in.readInt64()));
        case 6, 9, 10, 11, 14, 15, 22, 23 -> wire.skip(); // graphs, types, texts: unsupported
        case 13 -> wire.skip(); // a text
        case 20 -> type = wire.varint();
        case 21 -> throw wire.error("refers to an attribute outside a function in node " + index);
        default -> throw wire.unknown("AttributeProto");
      }
      if (TYPE_OF_FIELD.containsKey(field)) {
        seen.add(TYPE_OF_FIELD.get(field));
      }
    }
    // Old files omit the type; an empty list or a zero leaves no field.
    if (seen.size() > 1 || (type != 0 && !Set.of((int) type).containsAll(seen))) {
      throw wire.error(
          "has the attribute '%s' of type %d with values of types %s in node %d"
              .formatted(name, type, seen, index));
    }
    type = type == 0 && !seen.isEmpty() ? seen.iterator().next() : type;
    OnnxAttribute value =
        switch ((int) Math.max(0, Math.min(type, 99))) {
          case 1 -> new OnnxAttribute.Real(real);
          case 2 -> new OnnxAttribute.Int(integer);
          case 3 -> new OnnxAttribute.Text(text);
          case 4 ->
              tensor[0] == null
                  ? new OnnxAttribute.Unsupported("a missing tensor")
                  : new OnnxAttribute.Constant(tensor[0]);
          case 6 -> new OnnxAttribute.Reals(floats(reals));
          case 7 -> new OnnxAttribute.Ints(longs(ints));
          default -> new OnnxAttribute.Unsupported("attribute type " + type);
        };
    if (attributes.put(name, value) != null) {
      throw wire.error("has the attribute '" + name + "' twice in node " + index);
    }
  }

  private static List<Float> floats(Scalars bits) {
    List<Float> out = new ArrayList<>(bits.size());
    for (int i = 0; i < bits.size(); i++) {
      out.add(Float.intBitsToFloat((int) bits.get(i)));
    }
    return out;
  }

  private static List<Long> longs(Scalars words) {
    List<Long> out = new ArrayList<>(words.size());
    for (int i = 0; i < words.size(); i++) {
      out.add(words.get(i));
    }
    return out;
  }
}
