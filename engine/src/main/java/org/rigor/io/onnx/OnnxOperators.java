// SPDX-License-Identifier: Apache-2.0
package org.rigor.io.onnx;

import java.util.List;
import org.rigor.io.DataException;

/** The operators that networks may use, and the refusal of all others. */
public final class OnnxOperators {
  /** In the order of the documentation. */
  public static final List<String> SUPPORTED =
      List.of(
          "Gemm",
          "MatMul",
          "Add",
          "Sub",
          "Mul",
          "Div",
          "Relu",
          "LeakyRelu",
          "Tanh",
          "Sigmoid",
          "Conv",
          "MaxPool",
          "AveragePool",
          "GlobalAveragePool",
          "BatchNormalization",
          "Concat",
          "Flatten",
          "Reshape",
          "Constant",
          "Identity",
          "Dropout");

  private OnnxOperators() {}

  /**
   * @throws DataException naming the first operator that is not supported and its node
   */
  public static void check(OnnxModel model) {
    for (OnnxNode n : model.graph().nodes()) {
      if (SUPPORTED.contains(n.operator())) {
        continue;
      }
      boolean softmax = n.operator().equals("Softmax") || n.operator().equals("LogSoftmax");
      throw new DataException(
          model.source()
              + ": "
              + n.describe()
              + ": the operator "
              + n.operator()
              + " is not supported, "
              + (softmax
                  ? "margins and bounds are of logits: export the network without it"
                  : "supported are " + String.join(", ", SUPPORTED)));
    }
  }
}
