// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.nn.Network;
import org.rigor.nn.Parameter;
import org.rigor.op.F;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/** A network written down in a test, with its parameters. */
final class Traced implements Network {
  /** Traces from parameters and input to outputs. */
  interface Body {
    Value apply(Map<String, Value> params, Value x);
  }

  private final Shape input;
  private final int outputs;
  private final Body body;
  private final Map<String, HostTensor> values = new LinkedHashMap<>();

  Traced(int inputs, int outputs, Body body) {
    this.input = Shape.of(inputs);
    this.outputs = outputs;
    this.body = body;
  }

  /** Adds a parameter [1, shape...] in double. */
  Traced with(String name, Shape shape, double... v) {
    values.put(name, HostTensor.of(shape.insert(0, 1), v));
    return this;
  }

  /**
   * Dense ReLU network of matrices W_i [out][in] that act on column vectors, with biases or none.
   */
  static Traced relu(List<double[][]> w, List<double[]> b) {
    int last = w.size() - 1;
    Traced net =
        new Traced(
            w.get(0)[0].length,
            w.get(last).length,
            (p, x) -> {
              Value h = x;
              for (int i = 0; i <= last; i++) {
                h = F.add(F.matmul(h, p.get("w" + i), false, true), p.get("b" + i));
                h = i < last ? F.relu(h) : h;
              }
              return h;
            });
    for (int i = 0; i <= last; i++) {
      net.with("w" + i, Shape.of(w.get(i).length, w.get(i)[0].length), flat(w.get(i)));
      net.with("b" + i, Shape.of(1, w.get(i).length), b.get(i));
    }
    return net;
  }

  static Traced relu(List<double[][]> w) {
    return relu(w, w.stream().map(m -> new double[m.length]).toList());
  }

  static double[] flat(double[][] m) {
    double[] out = new double[m.length * m[0].length];
    for (int i = 0; i < out.length; i++) {
      out[i] = m[i / m[0].length][i % m[0].length];
    }
    return out;
  }

  Map<String, HostTensor> values() {
    return values;
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
