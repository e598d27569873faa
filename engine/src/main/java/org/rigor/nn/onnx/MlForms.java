// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import java.util.ArrayList;
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
import org.rigor.io.onnx.OnnxTensor;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * The operators of the domain ai.onnx.ml in which scikit-learn's models come, in terms of plain
 * ones: a Scaler is a difference and a product, the scores of a LinearClassifier are a Gemm. Its
 * probabilities, logistic or softmax, normalised or not, order the classes as the scores do.
 */
final class MlForms {
  private static final String SCALER = "ai.onnx.ml.Scaler";
  private static final String LINEAR = "ai.onnx.ml.LinearClassifier";
  private static final String NORMALIZER = "ai.onnx.ml.Normalizer";
  private static final Set<String> ORDERED = Set.of("NONE", "SOFTMAX", "LOGISTIC");

  private final OnnxModel model;
  private final List<String> notes;
  private final Map<String, OnnxTensor> initializers;
  private final Set<String> taken = new HashSet<>();
  private final Set<String> scores = new HashSet<>();
  private final List<OnnxNode> nodes = new ArrayList<>();

  private MlForms(OnnxModel model, List<String> notes) {
    this.model = model;
    this.notes = notes;
    this.initializers = new LinkedHashMap<>(model.graph().initializers());
    taken.addAll(initializers.keySet());
    model.graph().inputs().forEach(i -> taken.add(i.name()));
    model.graph().nodes().forEach(n -> taken.addAll(n.outputs()));
  }

  /**
   * Returns the model without these operators; the same model if it has none.
   *
   * @param notes receives what is measured in place of probabilities
   * @throws DataException if one of them has another form than scikit-learn's
   */
  static OnnxModel of(OnnxModel model, List<String> notes) {
    Set<String> known = Set.of(SCALER, LINEAR, NORMALIZER);
    return model.graph().nodes().stream().noneMatch(n -> known.contains(n.operator()))
        ? model
        : new MlForms(model, notes).plain();
  }

  private OnnxModel plain() {
    OnnxGraph g = model.graph();
    for (OnnxNode n : g.nodes()) {
      switch (n.operator()) {
        case SCALER -> scaler(n);
        case LINEAR -> linear(n);
        case NORMALIZER -> normalizer(n);
        default -> add(n, n.op(), n.domain(), n.inputs(), n.outputs(), n.attributes());
      }
    }
    OnnxGraph graph = new OnnxGraph(g.name(), nodes, initializers, g.inputs(), g.outputs());
    return new OnnxModel(
        model.source(),
        model.irVersion(),
        Math.max(model.opset(), Operators.OLDEST),
        model.producer(),
        graph,
        model.externals());
  }

  /** Computes (x - offset) scale. */
  private void scaler(OnnxNode n) {
    String x = n.inputs().get(0);
    String centred = free(n.outputs().get(0) + "/centred");
    add(n, "Sub", "", List.of(x, constant(n, "offset")), List.of(centred), Map.of());
    add(n, "Mul", "", List.of(centred, constant(n, "scale")), n.outputs(), Map.of());
  }

  /** Computes x W' + b in place of the second output; the first, the label, leads nowhere. */
  private void linear(OnnxNode n) {
    String link = n.text("post_transform", "NONE");
    if (!ORDERED.contains(link) || n.outputs().size() != 2) {
      throw error(n, "post_transform must be one of %s, got %s".formatted(ORDERED, link));
    }
    float[] bias = reals(n, "intercepts");
    float[] weights = reals(n, "coefficients");
    if (bias.length < 2 || weights.length % bias.length != 0) {
      throw error(
          n,
          "coefficients must be a row for each of 2 intercepts at least, got %d and %d"
              .formatted(weights.length, bias.length));
    }
    String w = free(n.outputs().get(1) + "/coefficients");
    initializers.put(
        w,
        OnnxTensor.of(HostTensor.of(Shape.of(bias.length, weights.length / bias.length), weights)));
    Map<String, OnnxAttribute> turned = Map.of("transB", new OnnxAttribute.Int(1));
    String b = constant(n, "intercepts");
    List<String> score = List.of(n.outputs().get(1));
    add(n, "Gemm", "", List.of(n.inputs().get(0), w, b), score, turned);
    scores.add(score.get(0));
    if (!link.equals("NONE")) {
      notes.add("measured are the linear scores, which order the classes as the probabilities do");
    }
  }

  /** Dividing non-negative numbers of a sample by their sum keeps their order. */
  private void normalizer(OnnxNode n) {
    if (!scores.contains(n.inputs().get(0)) || !n.text("norm", "MAX").equals("L1")) {
      throw error(n, "is supported behind a LinearClassifier, with the norm L1");
    }
    add(n, "Identity", "", n.inputs(), n.outputs(), Map.of());
  }

  private String constant(OnnxNode n, String key) {
    float[] v = reals(n, key);
    String name = free(n.outputs().get(0) + "/" + key);
    initializers.put(name, OnnxTensor.of(HostTensor.of(Shape.of(v.length), v)));
    return name;
  }

  private float[] reals(OnnxNode n, String key) {
    if (!(n.attributes().get(key) instanceof OnnxAttribute.Reals r) || r.values().isEmpty()) {
      throw error(n, "must have the attribute " + key + ", real numbers");
    }
    float[] v = new float[r.values().size()];
    for (int i = 0; i < v.length; i++) {
      v[i] = r.values().get(i);
    }
    return v;
  }

  private String free(String wanted) {
    String name = wanted;
    while (!taken.add(name)) {
      name += "'";
    }
    return name;
  }

  private void add(
      OnnxNode from,
      String op,
      String domain,
      List<String> inputs,
      List<String> outputs,
      Map<String, OnnxAttribute> attributes) {
    boolean first = nodes.isEmpty() || !nodes.get(nodes.size() - 1).name().equals(from.name());
    nodes.add(
        new OnnxNode(
            from.index(), op, domain, first ? from.name() : "", inputs, outputs, attributes));
  }

  private DataException error(OnnxNode n, String problem) {
    return new DataException(model.source() + ": " + n.describe() + ": " + problem);
  }
}
