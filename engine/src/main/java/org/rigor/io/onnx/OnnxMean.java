// SPDX-License-Identifier: Apache-2.0
package org.rigor.io.onnx;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.rigor.io.DataException;
import org.rigor.io.ElementKind;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * The mean of several networks as one file: an ensemble, draws from a posterior, samples of
 * dropout. What holds for the file holds for the mean, so that it is attacked, certified and
 * decided as any network is.
 */
public final class OnnxMean {
  private static final String INPUT = "x";
  private static final String OUTPUT = "mean";

  /** The opset from which on Softmax normalises one axis alone; before, all from its axis on. */
  private static final int SOFTMAX = 13;

  /** Operators that leave the numbers of their first input as they are. */
  private static final Set<String> ARRANGES =
      Set.of("Dropout", "Flatten", "Identity", "Reshape", "Squeeze", "Transpose", "Unsqueeze");

  /** What the mean is taken of. */
  public enum Of {
    /** The outputs as they are, which must not be probabilities. */
    LOGITS,
    /** The softmax of the outputs; outputs of a Softmax are taken as they are. */
    PROBABILITIES
  }

  private final List<OnnxNode> nodes = new ArrayList<>();
  private final Map<String, OnnxTensor> initializers = new LinkedHashMap<>();

  private OnnxMean() {}

  /**
   * Returns the mean of networks of one operator set, with inputs and outputs of the same types and
   * shapes.
   *
   * @param models at least 2, each with one input and one output
   * @throws DataException if they do not fit together
   */
  public static OnnxModel of(List<OnnxModel> models, Of of) {
    OnnxModel first = models.get(0);
    models.forEach(m -> requireAlike(first, m, of));
    OnnxMean mean = new OnnxMean();
    String sum = null;
    for (int i = 0; i < models.size(); i++) {
      String own = mean.add(models.get(i), "m" + i + "/", of);
      sum = sum == null ? own : mean.node("Add", "sum" + i, Map.of(), sum, own);
    }
    HostTensor count = HostTensor.of(Shape.of(1), new float[] {models.size()});
    mean.initializers.put("count", OnnxTensor.of(count));
    mean.node("Div", OUTPUT, Map.of(), sum, "count");
    OnnxValueInfo in = first.graph().inputs().get(0);
    OnnxValueInfo out = first.graph().outputs().get(0);
    OnnxGraph graph =
        new OnnxGraph(
            "mean of " + models.size() + " networks",
            mean.nodes,
            mean.initializers,
            List.of(new OnnxValueInfo(INPUT, in.kind(), in.dims())),
            List.of(new OnnxValueInfo(OUTPUT, out.kind(), out.dims())));
    long version = models.stream().mapToLong(OnnxModel::irVersion).max().orElseThrow();
    return new OnnxModel("mean", version, first.opset(), "rigor", graph);
  }

  private static void requireAlike(OnnxModel first, OnnxModel m, Of of) {
    if (m.graph().inputs().size() != 1 || m.graph().outputs().size() != 1) {
      throw new DataException(m.source() + ": must have one input and one output");
    }
    if (m.opset() != first.opset()) {
      throw new DataException(
          "%s has operator set %d, %s has %d: the mean needs one"
              .formatted(m.source(), m.opset(), first.source(), first.opset()));
    }
    requireAlike(first, first.graph().inputs().get(0), m, m.graph().inputs().get(0), "input");
    requireAlike(first, first.graph().outputs().get(0), m, m.graph().outputs().get(0), "output");
    OnnxValueInfo out = m.graph().outputs().get(0);
    if (of == Of.LOGITS && softmax(m)) {
      throw new DataException(
          m.source() + ": ends with Softmax: its outputs are probabilities, not logits");
    }
    List<Long> extents = out.dims();
    if (of == Of.PROBABILITIES && (extents.isEmpty() || extents.get(extents.size() - 1) == 1)) {
      throw new DataException(
          "%s: probabilities need an output for each class on the last axis, got %s"
              .formatted(m.source(), extents));
    }
    if (of == Of.PROBABILITIES && m.opset() < SOFTMAX && out.dims().size() != 2) {
      throw new DataException(
          "%s: probabilities of operator set %d need outputs [N, K], got %s"
              .formatted(m.source(), m.opset(), out.dims()));
    }
    for (OnnxNode n : m.graph().nodes()) {
      boolean known =
          n.attributes().values().stream().noneMatch(OnnxAttribute.Unsupported.class::isInstance);
      if (!n.domain().isEmpty() || !known) {
        throw new DataException(
            m.source() + ": " + n.describe() + " cannot be copied: it is no plain operator");
      }
    }
  }

  private static void requireAlike(
      OnnxModel first, OnnxValueInfo wanted, OnnxModel m, OnnxValueInfo has, String what) {
    if (has.kind() != ElementKind.F32 || has.dims() == null) {
      throw new DataException(
          "%s: the mean needs %ss of float32 with a shape, got %s"
              .formatted(m.source(), what, has));
    }
    if (!has.dims().equals(wanted.dims())) {
      throw new DataException(
          "%s has the %s %s, %s has %s: the mean needs the same"
              .formatted(m.source(), what, has, first.source(), wanted));
    }
  }

  /** Returns whether the outputs are those of a Softmax, whatever only arranges them behind it. */
  private static boolean softmax(OnnxModel m) {
    String name = m.graph().outputs().get(0).name();
    List<OnnxNode> nodes = m.graph().nodes();
    for (int i = nodes.size() - 1; i >= 0; i--) { // in topological order
      OnnxNode n = nodes.get(i);
      if (n.outputs().contains(name)) {
        if (!ARRANGES.contains(n.op())) {
          return n.op().equals("Softmax");
        }
        name = n.inputs().get(0);
      }
    }
    return false;
  }

  /** Copies a network under names of its own, and returns what the mean is taken of. */
  private String add(OnnxModel m, String prefix, Of of) {
    String in = m.graph().inputs().get(0).name();
    m.graph().initializers().forEach((name, t) -> initializers.put(prefix + name, t));
    for (OnnxNode n : m.graph().nodes()) {
      nodes.add(
          new OnnxNode(
              nodes.size(),
              n.op(),
              n.domain(),
              n.name().isEmpty() ? "" : prefix + n.name(),
              renamed(n.inputs(), prefix, in),
              renamed(n.outputs(), prefix, in),
              n.attributes()));
    }
    String out = renamed(m.graph().outputs().get(0).name(), prefix, in);
    if (of == Of.LOGITS || softmax(m)) {
      return out;
    }
    long axis = m.graph().outputs().get(0).dims().size() - 1L;
    return node("Softmax", prefix + "probabilities", Map.of("axis", axis), out);
  }

  private static List<String> renamed(List<String> names, String prefix, String input) {
    return names.stream().map(n -> renamed(n, prefix, input)).collect(Collectors.toList());
  }

  /** An empty name is an input left out. */
  private static String renamed(String name, String prefix, String input) {
    return name.isEmpty() ? name : name.equals(input) ? INPUT : prefix + name;
  }

  private String node(String op, String output, Map<String, Long> attributes, String... inputs) {
    Map<String, OnnxAttribute> all = new LinkedHashMap<>();
    attributes.forEach((key, v) -> all.put(key, new OnnxAttribute.Int(v)));
    nodes.add(new OnnxNode(nodes.size(), op, "", output, List.of(inputs), List.of(output), all));
    return output;
  }
}
