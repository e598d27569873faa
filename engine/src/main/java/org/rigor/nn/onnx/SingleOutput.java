// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.rigor.io.DataException;
import org.rigor.io.onnx.OnnxGraph;
import org.rigor.io.onnx.OnnxModel;
import org.rigor.io.onnx.OnnxNode;
import org.rigor.io.onnx.OnnxTensor;
import org.rigor.io.onnx.OnnxValueInfo;

/**
 * The one output of a classifier that says more: beside its numbers the label they lead to, a table
 * of labels and numbers, or both probabilities of two classes. What leads only to the rest is left
 * out.
 */
final class SingleOutput {
  private static final String TABLE = "ai.onnx.ml.ZipMap";

  private final OnnxModel model;
  private final Map<String, OnnxNode> by = new LinkedHashMap<>();

  private SingleOutput(OnnxModel model) {
    this.model = model;
    for (OnnxNode n : model.graph().nodes()) {
      n.outputs().forEach(o -> by.put(o, n));
    }
  }

  /**
   * Returns a model whose one output are the numbers that rank classes; the same model if it has
   * one output that is no other form of such numbers.
   *
   * @param name of the output; empty for the first that holds real numbers
   * @param notes receives what was left out
   * @throws DataException if there is no such output
   */
  static OnnxModel of(OnnxModel model, Optional<String> name, List<String> notes) {
    return new SingleOutput(model).chosen(name, notes);
  }

  private OnnxModel chosen(Optional<String> name, List<String> notes) {
    List<OnnxValueInfo> all = model.graph().outputs();
    List<OnnxValueInfo> numbers = new ArrayList<>();
    for (OnnxValueInfo o : all) {
      OnnxNode from = by.get(o.name());
      if (name.isPresent() && !name.get().equals(o.name())) {
        continue;
      }
      if (from != null && from.operator().equals(TABLE)) {
        numbers.add(new OnnxValueInfo(from.inputs().get(0), null, null));
      } else if (o.kind() == null || all.size() == 1 || o.kind().host().isFloating()) {
        numbers.add(o);
      }
    }
    if (numbers.isEmpty()) {
      throw new DataException(
          "%s: has no output %s, its outputs are %s"
              .formatted(
                  model.source(),
                  name.map(n -> "'" + n + "' of real numbers").orElse("of real numbers"),
                  all.stream().map(OnnxValueInfo::toString).collect(Collectors.joining(", "))));
    }
    OnnxValueInfo one = numbers.get(0);
    String logit = probabilityOfTwo(one.name());
    if (all.size() == 1 && one.equals(all.get(0)) && logit == null) {
      return model;
    }
    if (all.size() > 1) {
      notes.add(
          "of the outputs %s, %s is measured%s"
              .formatted(
                  all.stream().map(OnnxValueInfo::name).collect(Collectors.joining(", ")),
                  one.name(),
                  name.isEmpty() && numbers.size() > 1 ? "; --output NAME takes another" : ""));
    }
    if (logit != null) {
      notes.add(one.name() + " are p and 1 - p of one number, which is measured");
      one = new OnnxValueInfo(logit, null, null);
    }
    return leadingTo(one);
  }

  /** Returns the sigmoid s if a tensor is [1 - s, s], else null. */
  private String probabilityOfTwo(String name) {
    OnnxNode both = by.get(name);
    if (both == null || !both.operator().equals("Concat") || both.inputs().size() != 2) {
      return null;
    }
    String second = both.inputs().get(1);
    OnnxNode rest = by.get(both.inputs().get(0));
    OnnxNode sigmoid = by.get(second);
    boolean complement =
        rest != null
            && rest.operator().equals("Sub")
            && rest.inputs().get(1).equals(second)
            && isOne(rest.inputs().get(0));
    boolean joined = Set.of(1L, -1L).contains(both.integer("axis", 0));
    return complement && joined && sigmoid != null && sigmoid.operator().equals("Sigmoid")
        ? second
        : null;
  }

  private boolean isOne(String name) {
    OnnxTensor t = model.graph().initializers().get(name);
    return t != null && t.isReal() && t.reals().shape().size() == 1 && t.reals().get(0) == 1;
  }

  private OnnxModel leadingTo(OnnxValueInfo output) {
    OnnxGraph g = model.graph();
    Set<String> read = new HashSet<>(Set.of(output.name()));
    List<OnnxNode> nodes = new ArrayList<>();
    for (int i = g.nodes().size() - 1; i >= 0; i--) {
      OnnxNode n = g.nodes().get(i);
      if (n.outputs().stream().anyMatch(read::contains)) {
        nodes.add(n);
        read.addAll(n.inputs());
      }
    }
    Collections.reverse(nodes);
    Map<String, OnnxTensor> kept = new LinkedHashMap<>(g.initializers());
    kept.keySet().retainAll(read);
    OnnxGraph graph = new OnnxGraph(g.name(), nodes, kept, g.inputs(), List.of(output));
    return new OnnxModel(
        model.source(),
        model.irVersion(),
        model.opset(),
        model.producer(),
        graph,
        model.externals());
  }
}
