// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.rigor.io.onnx.OnnxNode;

/**
 * A final Softmax, LogSoftmax or, after a single output, Sigmoid. Margins, bounds and attacks use
 * the logits before it, which rank the classes identically.
 *
 * @param first the node that turns logits into probabilities
 * @param logits the name of its operand
 */
record Head(OnnxNode first, String logits) {
  private static final Set<String> PROBABILITIES = Set.of("Softmax", "LogSoftmax", "Sigmoid");
  private static final Set<String> THROUGH = Set.of("Identity", "Cast", "Dropout");

  /** Returns the node that computes the output, skipping nodes that leave numbers unchanged. */
  static Optional<Head> of(List<OnnxNode> nodes, String output) {
    Map<String, OnnxNode> by =
        nodes.stream().collect(Collectors.toMap(n -> n.outputs().get(0), Function.identity()));
    OnnxNode n = by.get(output);
    while (n != null && THROUGH.contains(n.op())) {
      n = by.get(n.inputs().get(0));
    }
    return n == null || !PROBABILITIES.contains(n.op())
        ? Optional.empty()
        : Optional.of(new Head(n, n.inputs().get(0)));
  }

  /**
   * Returns whether the node turns all outputs of a sample into probabilities of classes; one that
   * joins only some of them is an ordinary layer.
   */
  boolean givesProbabilities(Term logits, long opset) {
    if (first.op().equals("Sigmoid")) {
      return logits.elements() == 1;
    }
    Call call =
        new Call(first, List.of(logits), opset, logits.stored().dtype(), 1, Map.of(), List.of());
    long joined = 1;
    for (int axis : Normalisations.softmaxAxes(call, logits)) {
      joined *= logits.dims()[axis];
    }
    return joined == logits.elements() && joined > 1;
  }

  String note() {
    return "the network ends in "
        + first.op()
        + "; measured are the logits before it, which order the classes alike";
  }
}
