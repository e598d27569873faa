// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.lipschitz;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.ir.Value;
import org.rigor.lipschitz.JacobianNorms;
import org.rigor.lipschitz.Nearby;
import org.rigor.lipschitz.ProductBound;
import org.rigor.nn.Network;
import org.rigor.nn.Parameter;
import org.rigor.op.F;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.workspace.Models;

/**
 * A network given by its trace and parameters, in double: the ground truths of the closed forms.
 */
final class TracedNetwork implements Network {
  /** The trace from parameters and input to outputs. */
  interface Body {
    Value apply(Map<String, Value> params, Value x);
  }

  private final Shape input;
  private final int outputs;
  private final Body body;
  private final Map<String, HostTensor> values = new LinkedHashMap<>();

  TracedNetwork(Shape input, int outputs, Body body) {
    this.input = input;
    this.outputs = outputs;
    this.body = body;
  }

  /** Adds a parameter [1, shape...]. */
  TracedNetwork with(String name, Shape shape, double... v) {
    values.put(name, HostTensor.of(shape.insert(0, 1), v));
    return this;
  }

  /** Returns the dense ReLU network of matrices [out][in] with biases. */
  static TracedNetwork relu(double[][][] w, double[][] b) {
    int last = w.length - 1;
    TracedNetwork net =
        new TracedNetwork(
            Shape.of(w[0][0].length),
            w[last].length,
            (p, x) -> {
              Value h = x;
              for (int i = 0; i <= last; i++) {
                h = F.add(F.matmul(h, p.get("w" + i), false, true), p.get("b" + i));
                h = i < last ? F.relu(h) : h;
              }
              return h;
            });
    for (int i = 0; i <= last; i++) {
      net.with("w" + i, Shape.of(w[i].length, w[i][0].length), flat(w[i]));
      net.with("b" + i, Shape.of(1, w[i].length), b[i]);
    }
    return net;
  }

  /** Returns the dense ReLU network of matrices [out][in] without biases. */
  static TracedNetwork relu(double[][]... w) {
    double[][] b = new double[w.length][];
    for (int i = 0; i < w.length; i++) {
      b[i] = new double[w[i].length];
    }
    return relu(w, b);
  }

  static double[] flat(double[][] m) {
    double[] out = new double[m.length * m[0].length];
    for (int i = 0; i < out.length; i++) {
      out[i] = m[i / m[0].length][i % m[0].length];
    }
    return out;
  }

  /** Returns the certified product of norms, Euclidean. */
  double product(Device device) {
    try (Models one = Models.of(device, this, values)) {
      return ProductBound.of(one, Norm.L2)[0];
    }
  }

  /** Returns the Jacobian norms, Euclidean, at points [N][features]. */
  JacobianNorms jacobians(Device device, double[][] x) {
    int[] extents = new int[input.rank() + 1];
    extents[0] = x.length;
    for (int i = 0; i < input.rank(); i++) {
      extents[i + 1] = input.dim(i);
    }
    HostTensor samples = HostTensor.of(Shape.of(extents), flat(x));
    try (Models one = Models.of(device, this, values)) {
      return JacobianNorms.measure(one, samples, Norm.L2, Nearby.in(Box.NONE));
    }
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
        (n, v) -> out.add(new Parameter(n, v.shape().remove(0), new Parameter.Constant(0))));
    return out;
  }

  @Override
  public Value apply(Map<String, Value> params, Value x) {
    return body.apply(params, x);
  }
}
