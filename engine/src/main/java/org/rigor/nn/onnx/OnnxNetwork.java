// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.rigor.io.DataException;
import org.rigor.io.onnx.OnnxAttribute;
import org.rigor.io.onnx.OnnxGraph;
import org.rigor.io.onnx.OnnxModel;
import org.rigor.io.onnx.OnnxNode;
import org.rigor.io.onnx.OnnxOperators;
import org.rigor.io.onnx.OnnxTensor;
import org.rigor.io.onnx.OnnxValueInfo;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Network;
import org.rigor.nn.Parameter;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * A network read from an ONNX file: a function of one sample whose batch axis, the first in the
 * file, is free. Its constants of real numbers are its parameters under their names in the file,
 * with the values they have there. Samples keep the file's layout of axes.
 */
public final class OnnxNetwork implements Network {
  /** The first version of the operator set with today's broadcasting. */
  private static final long OLDEST = 7;

  private final String source;
  private final String inputName;
  private final String outputName;
  private final Shape input;
  private final int outputs;
  private final List<OnnxNode> nodes = new ArrayList<>();
  private final Map<String, HostTensor> values = new LinkedHashMap<>();
  private final Map<String, HostTensor> constants = new LinkedHashMap<>();

  /**
   * Checks the file by tracing it once.
   *
   * @throws DataException naming the node, if the graph uses an operator or a shape that is not
   *     supported, or has other than one input and one output
   */
  public OnnxNetwork(OnnxModel model) {
    this.source = model.source();
    OnnxOperators.check(model);
    if (model.opset() < OLDEST) {
      throw error("uses operator set " + model.opset() + ", at least " + OLDEST + " is needed");
    }
    OnnxGraph graph = model.graph();
    if (graph.inputs().size() != 1 || graph.outputs().size() != 1) {
      throw error(
          "must have one input and one output, has "
              + graph.inputs().size()
              + " and "
              + graph.outputs().size());
    }
    this.inputName = graph.inputs().get(0).name();
    this.outputName = graph.outputs().get(0).name();
    this.input = sample(graph.inputs().get(0));
    graph.initializers().forEach(this::constant);
    Set<String> read = keepNeeded(graph);
    values.keySet().retainAll(read);
    values.forEach(this::requireFinite);
    this.outputs = countOutputs();
  }

  private Shape sample(OnnxValueInfo info) {
    List<Long> dims = info.dims();
    boolean batch = dims != null && dims.size() >= 2 && (dims.get(0) == 1 || dims.get(0) < 0);
    if (!batch || dims.subList(1, dims.size()).stream().anyMatch(d -> d < 1)) {
      throw error(
          "the input "
              + info
              + " must have a batch axis that is free or 1, and after it at least one axis, all of"
              + " known extent");
    }
    try {
      return Shape.of(dims.stream().skip(1).mapToInt(Math::toIntExact).toArray());
    } catch (ArithmeticException e) {
      throw error("the input " + info + " is too large");
    }
  }

  private void constant(String name, OnnxTensor tensor) {
    HostTensor v = tensor.value();
    if (v.dtype().isFloating()) {
      values.put(name, v.reshape(v.shape().insert(0, 1)));
    } else {
      constants.put(name, v);
    }
  }

  private void requireFinite(String name, HostTensor v) {
    for (int i = 0; i < v.shape().size(); i++) {
      if (!Double.isFinite(v.get(i))) {
        throw error("element " + i + " of the tensor '" + name + "' is " + v.get(i));
      }
    }
  }

  /** Keeps the nodes that the output needs, and returns all names they read. */
  private Set<String> keepNeeded(OnnxGraph graph) {
    Set<String> read = new HashSet<>(Set.of(outputName));
    for (int i = graph.nodes().size() - 1; i >= 0; i--) {
      OnnxNode n = graph.nodes().get(i);
      if (n.outputs().stream().noneMatch(read::contains)) {
        continue;
      }
      if (n.op().equals("Constant")) {
        constant(n.outputs().get(0), value(n));
      } else {
        nodes.add(n);
        read.addAll(n.inputs());
      }
    }
    Collections.reverse(nodes);
    return read;
  }

  private OnnxTensor value(OnnxNode n) {
    for (OnnxAttribute a : n.attributes().values()) {
      if (a instanceof OnnxAttribute.Constant c) {
        return c.value();
      } else if (a instanceof OnnxAttribute.Real r) {
        return OnnxTensor.of(HostTensor.of(Shape.of(), r.value()));
      } else if (a instanceof OnnxAttribute.Ints l && !l.values().isEmpty()) {
        return OnnxTensor.longs(l.values().stream().mapToInt(this::integer).toArray());
      } else if (a instanceof OnnxAttribute.Reals l && !l.values().isEmpty()) {
        float[] reals = new float[l.values().size()];
        for (int i = 0; i < reals.length; i++) {
          reals[i] = l.values().get(i);
        }
        return OnnxTensor.of(HostTensor.of(Shape.of(reals.length), reals));
      }
    }
    throw error(n.describe() + " has no constant of numbers");
  }

  private int integer(long v) {
    if (v != (int) v) {
      throw error("the constant " + v + " does not fit a 32-bit integer");
    }
    return (int) v;
  }

  private int countOutputs() {
    Program.Builder b = Program.builder(source);
    Map<String, Value> params = declare(b, "param/", 1, DType.F32);
    // Two samples, so that an operator that joins samples cannot pass for one that does not.
    Value x = b.input("x", new TensorType(DType.F32, input.insert(0, 2).insert(0, 1)));
    return apply(params, x).shape().dim(-1);
  }

  private DataException error(String problem) {
    return new DataException(source + ": " + problem);
  }

  /** The parameters' values in the file, [1, shape...], F32 or F64. */
  public Map<String, HostTensor> values() {
    return new LinkedHashMap<>(values);
  }

  @Override
  public Shape input() {
    return input;
  }

  @Override
  public int outputs() {
    return outputs;
  }

  @Override
  public List<Parameter> parameters() {
    List<Parameter> out = new ArrayList<>();
    values.forEach(
        (name, v) -> out.add(new Parameter(name, v.shape().remove(0), new Parameter.Given(v))));
    return out;
  }

  /**
   * {@inheritDoc}
   *
   * @throws DataException naming the node whose operands do not fit
   */
  @Override
  public Value apply(Map<String, Value> params, Value x) {
    OnnxTrace trace = new OnnxTrace(constants);
    trace.put(inputName, x, true);
    for (String name : values.keySet()) {
      trace.put(name, params.get(name), false);
    }
    for (OnnxNode n : nodes) {
      try {
        trace.node(n);
      } catch (IllegalArgumentException | ArithmeticException e) {
        throw new DataException(source + ": " + n.describe() + ": " + e.getMessage(), e);
      }
    }
    try {
      Term y = trace.term(outputName);
      if (!y.batched()) {
        throw error("the output '" + outputName + "' does not depend on the input");
      }
      return Extents.reshape(y, new int[] {1, Math.toIntExact(y.elements())}, false).value();
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new DataException(source + ": the output '" + outputName + "': " + e.getMessage(), e);
    }
  }
}
