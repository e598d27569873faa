// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.sparsity;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.rigor.nn.Activation;
import org.rigor.nn.Dense;
import org.rigor.nn.Layer;
import org.rigor.nn.LayerNorm;
import org.rigor.nn.MlpBlock;
import org.rigor.nn.Network;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.Draws;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/** Random inputs, labels and networks of the laws. */
final class Sample {
  private Sample() {}

  /** Returns standard normal numbers. */
  static HostTensor normal(long seed, int site, int... dims) {
    Shape s = Shape.of(dims);
    double[] values = new double[Math.toIntExact(s.size())];
    Draws d = new Draws(seed, site, 0);
    for (int i = 0; i < values.length; i++) {
      values[i] = d.normal();
    }
    return HostTensor.of(s, values);
  }

  /** Returns random one-hot labels, [N, K]. */
  static HostTensor labels(long seed, int samples, int classes) {
    double[] t = new double[samples * classes];
    Draws d = new Draws(seed, 99, 0);
    for (int n = 0; n < samples; n++) {
      t[n * classes + d.below(classes)] = 1;
    }
    return HostTensor.of(Shape.of(samples, classes), t);
  }

  /** Returns initial parameters of M models, in double. */
  static Map<String, HostTensor> start(Network net, long seed, int models) {
    Map<String, HostTensor> out =
        net.initial(
            IntStream.range(0, models).mapToObj(m -> TrialKey.of(seed + m, "law")).toList());
    out.replaceAll((name, t) -> t.toDouble());
    return out;
  }

  /** Returns a layer norm without affine map, followed by a perceptron with one hidden layer. */
  static Sequential normed(int inputs, int hidden, Layer activation, int outputs) {
    LayerNorm norm = new LayerNorm(1e-5, LayerNorm.Affine.NONE);
    return new Sequential(
        Shape.of(inputs), List.of(norm, new Dense(hidden), activation, new Dense(outputs)));
  }

  /** Returns a dense layer, residual blocks with zeroth biases, and a dense output layer. */
  static Sequential blocks(int width, int hidden, int depth, Activation activation, int outputs) {
    LayerNorm norm = new LayerNorm(1e-5, LayerNorm.Affine.NONE);
    Layer block = new MlpBlock(hidden, activation, norm, MlpBlock.Zeroth.INPUT, 0);
    java.util.ArrayList<Layer> layers = new java.util.ArrayList<>(List.of(new Dense(width)));
    IntStream.range(0, depth).forEach(i -> layers.add(block));
    layers.add(new Dense(outputs));
    return new Sequential(Shape.of(width), layers);
  }
}
