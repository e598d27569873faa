// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.rigor.io.DataException;
import org.rigor.io.ElementKind;
import org.rigor.io.onnx.OnnxAttribute;
import org.rigor.io.onnx.OnnxGraph;
import org.rigor.io.onnx.OnnxModel;
import org.rigor.io.onnx.OnnxNode;
import org.rigor.io.onnx.OnnxTensor;
import org.rigor.io.onnx.OnnxValueInfo;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Network;
import org.rigor.nn.Parameter;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * A network read from an ONNX file: a function of one sample whose batch axis, the first in the
 * file, is free. The real-valued constants that its outputs depend on are its parameters, with
 * their names and values in the file. Samples keep the file's layout of axes.
 */
public final class OnnxNetwork implements Network {
  private final String source;
  private final long opset;
  private final String inputName;
  private final OnnxValueInfo output;
  private final Shape input;

  /** Whether the file takes any number of samples at a time; else it takes one. */
  private final boolean free;

  private final int outputs;
  private final List<String> notes = new ArrayList<>();
  private final List<OnnxNode> nodes = new ArrayList<>();
  private final Map<String, HostTensor> reals = new LinkedHashMap<>();
  private final Map<String, Ints> integers = new LinkedHashMap<>();
  private final Set<String> parameters;
  private final ElementTypes types;

  /** Positions of the nodes whose first operand is kept with channels last. */
  private final Set<Integer> onImages = new HashSet<>();

  private Optional<Head> head;

  /**
   * Checks the file by tracing it once.
   *
   * @throws DataException naming the node, if the graph uses an operator, an attribute or a shape
   *     that is not supported, or does not have exactly one input
   */
  public OnnxNetwork(OnnxModel model) {
    this(model, Optional.empty());
  }

  /**
   * Checks the file by tracing it once.
   *
   * @param output name of the output that ranks classes; empty for the first of real numbers
   * @throws DataException naming the node, if the graph uses an operator, an attribute or a shape
   *     that is not supported, or has another number of inputs than one, or no such output
   */
  public OnnxNetwork(OnnxModel model, Optional<String> output) {
    this(model, true, output);
  }

  /**
   * Returns the function that a file computes to its last node: a final Softmax is not left off,
   * nor is any other output replaced, as they are where outputs only rank classes.
   *
   * @throws DataException as the constructor does
   */
  public static OnnxNetwork whole(OnnxModel model) {
    return new OnnxNetwork(model, false, Optional.empty());
  }

  /** Returns the operators that files may use, in the order of the documentation. */
  public static List<String> operators() {
    return Operators.names();
  }

  private OnnxNetwork(OnnxModel file, boolean logits, Optional<String> name) {
    this.source = file.source();
    this.opset = file.opset();
    // What only ranks classes alike must not stand for the outputs that a property names.
    OnnxModel model = logits ? SingleOutput.of(MlForms.of(file, notes), name, notes) : file;
    Operators.check(model);
    OnnxGraph graph = model.graph();
    if (graph.inputs().size() != 1 || graph.outputs().size() != 1) {
      throw error(
          "must have one input and one output, has "
              + graph.inputs().size()
              + " and "
              + graph.outputs().size());
    }
    this.types = new ElementTypes(opset);
    this.inputName = graph.inputs().get(0).name();
    this.output = graph.outputs().get(0);
    this.input = sample(graph.inputs().get(0));
    this.free = graph.inputs().get(0).dims().get(0) != 1;
    graph.initializers().forEach(this::constant);
    Set<String> read = keepNeeded(graph);
    reals.keySet().retainAll(read);
    reals.forEach(this::requireFinite);
    checkTypes(graph.inputs().get(0));
    this.head = logits ? Head.of(nodes, output.name()) : Optional.empty();
    this.parameters = new HashSet<>(reals.keySet());
    this.outputs = traceOnce();
    head.ifPresent(h -> notes.add(h.note()));
    if (isHalf(graph)) {
      notes.add("the file computes in 16 bits; measured is its function of real numbers");
    }
  }

  private static boolean isHalf(OnnxGraph graph) {
    Set<ElementKind> half = Set.of(ElementKind.F16, ElementKind.BF16);
    boolean cast =
        graph.nodes().stream()
            .filter(n -> n.op().equals("Cast"))
            .anyMatch(n -> Set.of(10L, 16L).contains(n.integer("to", 0)));
    return cast || half.contains(graph.inputs().get(0).kind());
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
    ElementKind kind = info.kind();
    if (kind != null && !kind.host().isFloating()) {
      throw error("the input " + info + " must be real numbers");
    }
    try {
      return Shape.of(dims.stream().skip(1).mapToInt(Math::toIntExact).toArray());
    } catch (ArithmeticException e) {
      throw error("the input " + info + " is too large");
    }
  }

  /** Requires operands, results and the declared output to be of the types they must be. */
  private void checkTypes(OnnxValueInfo input) {
    types.put(input.name(), input.kind());
    for (OnnxNode n : nodes) {
      try {
        types.follow(n);
      } catch (IllegalArgumentException e) {
        throw error(n.describe() + ": " + e.getMessage());
      }
    }
    ElementKind computed = types.of(output.name());
    boolean real = output.kind() != null && output.kind().host().isFloating();
    if (real && computed != null && computed != output.kind()) {
      throw error("says that its output is " + output + ", but computes numbers of " + computed);
    }
  }

  private void constant(String name, OnnxTensor tensor) {
    types.put(name, tensor.kind());
    if (tensor.isReal() && !tensor.isEmpty()) {
      reals.put(name, tensor.reals());
    } else {
      integers.put(name, Ints.of(tensor));
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
    Set<String> read = new HashSet<>(Set.of(output.name()));
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

  /** Returns the one attribute of a Constant, which {@link Operators} checked. */
  private OnnxTensor value(OnnxNode n) {
    OnnxAttribute a = n.attributes().size() == 1 ? n.attributes().values().iterator().next() : null;
    if (a instanceof OnnxAttribute.Constant c) {
      return c.value();
    } else if (a instanceof OnnxAttribute.Real r) {
      return OnnxTensor.of(HostTensor.of(Shape.of(), r.value()));
    } else if (a instanceof OnnxAttribute.Int i) {
      return OnnxTensor.integers(ElementKind.I64, new int[0], i.value());
    } else if (a instanceof OnnxAttribute.Ints l) {
      return OnnxTensor.longs(l.values().stream().mapToLong(Long::longValue).toArray());
    } else if (a instanceof OnnxAttribute.Reals l && !l.values().isEmpty()) {
      float[] all = new float[l.values().size()];
      for (int i = 0; i < all.length; i++) {
        all[i] = l.values().get(i);
      }
      return OnnxTensor.of(HostTensor.of(Shape.of(all.length), all));
    }
    throw error(n.describe() + " must have one attribute, a constant of numbers");
  }

  /** Determines the number of outputs and the constants they depend on. */
  private int traceOnce() {
    Program.Builder b = Program.builder(source);
    Map<String, Value> params = declare(b, "param/", 1, DType.F32);
    // Two samples, so that an operator that mixes samples is detected.
    Value x = b.input("x", new TensorType(DType.F32, input.insert(0, 2).insert(0, 1)));
    Term y = traced(params, x, notes);
    requireDeclared(y);
    Value row = row(y);
    Set<Value> needed = Collections.newSetFromMap(new IdentityHashMap<>());
    needed.addAll(Program.topological(List.of(row)));
    parameters.removeIf(name -> !needed.contains(params.get(name)));
    return row.shape().dim(-1);
  }

  /** Requires the declared output to match the computed one, except for logits before a head. */
  private void requireDeclared(Term y) {
    if (output.kind() != null && !output.kind().host().isFloating()) {
      throw error("says that its output is " + output + ", but computes real numbers");
    }
    List<Long> dims = output.dims();
    int[] got = y.dims();
    boolean fits = dims == null || dims.size() == got.length;
    for (int i = 1; fits && dims != null && i < got.length; i++) {
      fits = dims.get(i) < 0 || dims.get(i) == got[i];
    }
    if (!fits && head.isEmpty()) {
      throw error("says that its output is " + output + ", but computes " + y.extents());
    }
  }

  private DataException error(String problem) {
    return new DataException(source + ": " + problem);
  }

  /** Returns the parameters' values in the file, [1, shape...], F32 or F64. */
  public Map<String, HostTensor> values() {
    Map<String, HostTensor> out = new LinkedHashMap<>();
    reals.forEach(
        (name, v) -> {
          if (parameters.contains(name)) {
            out.put(name, v.reshape(v.shape().insert(0, 1)));
          }
        });
    return out;
  }

  /** Returns notes on how the file was read that affect the results, one line each. */
  public List<String> notes() {
    return List.copyOf(notes);
  }

  @Override
  public boolean readsImages(int node) {
    return onImages.contains(node);
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
    values()
        .forEach(
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
    return row(traced(params, x, new ArrayList<>()));
  }

  private Value row(Term y) {
    try {
      return Extents.row(y);
    } catch (IllegalArgumentException e) {
      throw error("the output '" + output.name() + "': " + e.getMessage());
    }
  }

  private Term traced(Map<String, Value> params, Value x, List<String> said) {
    OnnxTrace trace = new OnnxTrace(opset, inputName, x, free, said);
    integers.forEach(trace::put);
    reals.forEach(
        (name, v) -> {
          // A constant that only configures an operator, such as a Resize scale, is not a
          // parameter.
          Value p =
              parameters.contains(name)
                  ? params.get(name)
                  : F.fill(x.dtype(), v.shape().insert(0, 1), 0);
          trace.put(name, new Term(p, null, false, v));
        });
    for (OnnxNode n : nodes) {
      try {
        if (head.isPresent() && head.get().first() == n) {
          if (trace.get(head.get().logits()) instanceof Term t
              && t.batched()
              && head.get().givesProbabilities(t, opset)) {
            return t;
          }
          head = Optional.empty();
        }
        Value.at(n.describe(), () -> trace.node(n));
        if (trace.get(n.inputs().get(0)) instanceof Term t && t.channelsLast()) {
          onImages.add(n.index());
        }
      } catch (IllegalArgumentException | ArithmeticException e) {
        throw new DataException(source + ": " + n.describe() + ": " + e.getMessage(), e);
      }
    }
    try {
      if (!(trace.get(output.name()) instanceof Term y) || !y.batched()) {
        throw error("the output '" + output.name() + "' does not depend on the input");
      }
      return y;
    } catch (IllegalArgumentException e) {
      throw new DataException(source + ": the output: " + e.getMessage(), e);
    }
  }
}
