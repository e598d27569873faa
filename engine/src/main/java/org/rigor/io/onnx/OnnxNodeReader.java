// SPDX-License-Identifier: Apache-2.0
package org.rigor.io.onnx;

import com.google.protobuf.WireFormat;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads one NodeProto with its attributes. */
final class OnnxNodeReader {
  private final WireReader wire;
  private final int index;
  private final List<String> inputs = new ArrayList<>();
  private final List<String> outputs = new ArrayList<>();
  private final Map<String, OnnxAttribute> attributes = new LinkedHashMap<>();

  OnnxNodeReader(WireReader wire, int index) {
    this.wire = wire;
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
        case 7 -> domain = wire.text();
        default -> wire.skip();
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
    int seen = 0;
    for (int field; (field = wire.next()) != 0; ) {
      switch (field) {
        case 1 -> name = wire.text();
        case 2 -> real = wire.real();
        case 3 -> integer = wire.varint();
        case 4 -> text = StandardCharsets.UTF_8.decode(wire.bytes()).toString();
        case 5 -> wire.message(() -> tensor[0] = new OnnxTensorReader(wire).read());
        case 7 ->
            wire.repeated(WireFormat.WIRETYPE_FIXED32, in -> reals.add(in.readRawLittleEndian32()));
        case 8 -> wire.repeated(WireFormat.WIRETYPE_VARINT, in -> ints.add(in.readInt64()));
        case 20 -> type = wire.varint();
        default -> wire.skip();
      }
      // Fields 2 to 11 are the values; type numbers are one less. Old files leave the type out.
      seen = field >= 2 && field <= 11 ? field - 1 : seen;
    }
    OnnxAttribute value =
        switch ((int) (type == 0 ? seen : Math.min(type, 99))) {
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
