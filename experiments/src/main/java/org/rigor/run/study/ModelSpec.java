// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.List;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Length;
import org.rigor.run.yaml.Range;

/** The network of a study. */
@Doc("Network architecture; input and output widths follow from the data.")
public sealed interface ModelSpec {

  /** An activation function. */
  enum Activation {
    RELU,
    LEAKY_RELU,
    TANH,
    SIGMOID,
    SOFTPLUS
  }

  @Doc("Multilayer perceptron.")
  record Mlp(
      @Doc("Widths of the hidden layers, input side first.")
          @Length(max = 64)
          @Range(min = 1, max = 65_536)
          List<Integer> hidden,
      @Doc("Activation after each hidden layer.") @Default("relu") Activation activation)
      implements ModelSpec {}
}
