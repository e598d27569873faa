// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.rigor.io.ElementKind;
import org.rigor.io.onnx.OnnxAttribute;
import org.rigor.io.onnx.OnnxGraph;
import org.rigor.io.onnx.OnnxModel;
import org.rigor.io.onnx.OnnxNode;
import org.rigor.io.onnx.OnnxTensor;
import org.rigor.io.onnx.OnnxValueInfo;
import org.rigor.io.onnx.OnnxWriter;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/** Changes what a model says: attributes, operators, operands, extents, types, versions. */
final class OnnxMutations {
  private static final long[] NUMBERS = {
    0, 1, 2, 3, -1, -2, 5, 7, 100, 1L << 31, 1L << 40, Long.MAX_VALUE, Long.MIN_VALUE
  };

  private final Random r;
  private final List<OnnxNode> nodes;
  private final Map<String, OnnxTensor> initializers;
  private final List<OnnxValueInfo> inputs;
  private final List<OnnxValueInfo> outputs;
  private long opset;
  private long ir;

  private OnnxMutations(OnnxModel m, Random r) {
    this.r = r;
    this.nodes = new ArrayList<>(m.graph().nodes());
    this.initializers = new LinkedHashMap<>(m.graph().initializers());
    this.inputs = new ArrayList<>(m.graph().inputs());
    this.outputs = new ArrayList<>(m.graph().outputs());
    this.opset = m.opset();
    this.ir = m.irVersion();
  }

  /** The bytes of one of the models with a change, some with two. */
  static byte[] of(List<OnnxModel> models, Random r) {
    OnnxMutations m = new OnnxMutations(models.get(r.nextInt(models.size())), r);
    for (int n = r.nextInt(4) == 0 ? 2 : 1; n > 0; n--) {
      m.change();
    }
    OnnxGraph g = new OnnxGraph("g", m.nodes, m.initializers, m.inputs, m.outputs);
    return OnnxWriter.bytes(new OnnxModel("m.onnx", m.ir, m.opset, "hunt", g));
  }

  private <T> T any(List<T> list) {
    return list.get(r.nextInt(list.size()));
  }

  private long number() {
    return NUMBERS[r.nextInt(NUMBERS.length)];
  }

  private void change() {
    int at = r.nextInt(nodes.size());
    OnnxNode n = nodes.get(at);
    switch (r.nextInt(10)) {
      case 0 -> opset = r.nextInt(4) == 0 ? number() : 6 + r.nextInt(24);
      case 1 -> ir = r.nextInt(4) == 0 ? number() : 1 + r.nextInt(16);
      case 2 -> nodes.set(at, with(n, any(Operators.names()), n.inputs(), n.attributes()));
      case 3 -> nodes.set(at, with(n, n.op(), operands(n.inputs()), n.attributes()));
      case 4, 5, 6 -> nodes.set(at, with(n, n.op(), n.inputs(), attributes(n.attributes())));
      case 7, 8 -> {
        List<String> names = List.copyOf(initializers.keySet());
        if (!names.isEmpty()) {
          initializers.computeIfPresent(any(names), (k, t) -> tensor(t));
        }
      }
      default -> {
        List<OnnxValueInfo> side = r.nextBoolean() ? inputs : outputs;
        side.set(0, info(side.get(0)));
      }
    }
  }

  private static OnnxNode with(
      OnnxNode n, String op, List<String> in, Map<String, OnnxAttribute> attributes) {
    return new OnnxNode(n.index(), op, n.domain(), n.name(), in, n.outputs(), attributes);
  }

  private List<String> operands(List<String> in) {
    List<String> out = new ArrayList<>(in);
    List<String> known = new ArrayList<>(initializers.keySet());
    known.add(inputs.get(0).name());
    known.add("");
    nodes.forEach(n -> known.addAll(n.outputs()));
    switch (r.nextInt(4)) {
      case 0 -> out.add(any(known));
      case 1 -> out.remove(r.nextInt(out.size()));
      case 2 -> out.set(r.nextInt(out.size()), any(known));
      default -> Collections.swap(out, 0, out.size() - 1);
    }
    return out;
  }

  private Map<String, OnnxAttribute> attributes(Map<String, OnnxAttribute> from) {
    Map<String, OnnxAttribute> out = new LinkedHashMap<>(from);
    if (out.isEmpty() || r.nextInt(4) == 0) {
      List<String> names =
          List.of("axis", "alpha", "pads", "group", "auto_pad", "transA", "keepdims", "unknown");
      out.put(any(names), value());
      return out;
    }
    String key = any(List.copyOf(out.keySet()));
    switch (r.nextInt(6)) {
      case 0 -> out.put(key, value());
      case 1 -> out.put(key + "s", out.remove(key));
      case 2 -> out.remove(key);
      default -> out.put(key, near(out.get(key)));
    }
    return out;
  }

  private OnnxAttribute value() {
    return switch (r.nextInt(5)) {
      case 0 -> new OnnxAttribute.Int(number());
      case 1 -> new OnnxAttribute.Real(r.nextInt(3) == 0 ? Float.NaN : (float) r.nextGaussian());
      case 2 -> new OnnxAttribute.Text(any(List.of("SAME_UPPER", "VALID", "floor", "", "x")));
      case 3 -> new OnnxAttribute.Ints(List.of(number(), number()));
      default -> new OnnxAttribute.Reals(List.of(1f, 2f));
    };
  }

  /** Another value of the same type. */
  private OnnxAttribute near(OnnxAttribute a) {
    if (a instanceof OnnxAttribute.Int i) {
      return new OnnxAttribute.Int(r.nextBoolean() ? number() : i.value() + r.nextInt(3) - 1);
    } else if (a instanceof OnnxAttribute.Real v) {
      return new OnnxAttribute.Real((float) (v.value() * r.nextGaussian()));
    } else if (a instanceof OnnxAttribute.Ints l && !l.values().isEmpty()) {
      List<Long> all = new ArrayList<>(l.values());
      int at = r.nextInt(all.size());
      switch (r.nextInt(4)) {
        case 0 -> all.remove(at);
        case 1 -> all.add(at, number());
        case 2 -> all.set(at, number());
        default -> all.set(at, all.get(at) + r.nextInt(3) - 1);
      }
      return new OnnxAttribute.Ints(all);
    }
    return value();
  }

  private OnnxTensor tensor(OnnxTensor t) {
    if (t.isReal()) {
      Shape s = t.shape();
      return switch (r.nextInt(4)) {
        case 0 -> OnnxTensor.of(ElementKind.F32, t.reals().reshape(Shape.of((int) s.size())));
        case 1 -> OnnxTensor.of(ElementKind.F32, t.reals().reshape(s.insert(0, 1)));
        case 2 -> OnnxTensor.longs(number(), number());
        default -> {
          float[] few = new float[1 + r.nextInt(3)];
          Arrays.fill(few, 2);
          yield OnnxTensor.of(HostTensor.of(Shape.of(few.length), few));
        }
      };
    }
    long[] v = t.integers();
    int at = r.nextInt(Math.max(1, v.length));
    if (v.length > 0) {
      v[at] = r.nextBoolean() ? number() : v[at] + r.nextInt(3) - 1;
    }
    boolean narrow = r.nextInt(5) == 0 && v.length > 0 && v[at] == (int) v[at];
    return OnnxTensor.integers(narrow ? ElementKind.I32 : t.kind(), t.dims(), v);
  }

  private OnnxValueInfo info(OnnxValueInfo v) {
    List<Long> dims = new ArrayList<>(v.dims());
    int at = r.nextInt(dims.size());
    switch (r.nextInt(4)) {
      case 0 -> dims.set(at, dims.get(at) + r.nextInt(3) - 1);
      case 1 -> dims.add(at, 1L);
      case 2 -> dims.remove(at);
      default -> {
        return new OnnxValueInfo(v.name(), any(List.of(ElementKind.values())), dims);
      }
    }
    dims.replaceAll(d -> d < -1 ? -1L : d);
    return new OnnxValueInfo(v.name(), v.kind(), dims);
  }
}
