// SPDX-License-Identifier: Apache-2.0
package org.rigor.uncertainty;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
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
 * The posterior of a network's weights: independent normal priors of mean 0 and the likelihood of N
 * samples, with the potential divided by the temperature. A temperature below 1 is a cold posterior
 * (Wenzel et al. 2020), which departs from Bayes' rule; predictors from it are called cold.
 *
 * @param x F64 [N, features...]
 * @param targets F64 [N, K]: one-hot, or values
 * @param deviations of the prior, by parameter
 * @param temperature above 0; 1 for Bayes' rule
 */
public record NetworkPosterior(
    Network network,
    HostTensor x,
    HostTensor targets,
    Likelihood likelihood,
    Map<String, Double> deviations,
    double temperature)
    implements Potential {
  public NetworkPosterior {
    deviations = Map.copyOf(deviations);
    int n = x.shape().dim(0);
    if (x.dtype() != DType.F64 || !x.shape().equals(network.input().insert(0, n))) {
      throw new IllegalArgumentException(
          "posterior: x must be f64 [N, features...] of " + network.input() + ", got " + x.type());
    }
    if (!targets.type().equals(new TensorType(DType.F64, Shape.of(n, network.outputs())))) {
      throw new IllegalArgumentException(
          "posterior: targets must be f64 ["
              + n
              + ", "
              + network.outputs()
              + "], got "
              + targets.type());
    }
    if (!(temperature > 0) || Double.isInfinite(temperature)) {
      throw new IllegalArgumentException("posterior: temperature must be > 0, got " + temperature);
    }
    if (network.hasBuffers()) {
      throw new IllegalArgumentException(
          "posterior: a network with running statistics has no likelihood of single samples");
    }
    for (Parameter p : network.parameters()) {
      Double d = deviations.get(p.name());
      if (d == null || !(d > 0) || Double.isInfinite(d)) {
        throw new IllegalArgumentException(
            "posterior: parameter '" + p.name() + "' needs a prior deviation > 0, got " + d);
      }
    }
  }

  /**
   * Returns a classifier's posterior with one rule for all priors: weights of a layer have
   * deviation {@code deviation / sqrt(inputs)}, so that outputs do not grow with the width (Neal
   * 1996), biases {@code deviation}.
   *
   * @param x of any floating type
   */
  public static NetworkPosterior classifier(
      Network network, HostTensor x, int[] labels, double deviation, double temperature) {
    Map<String, Double> deviations = new LinkedHashMap<>();
    for (Parameter p : network.parameters()) {
      long inputs = p.shape().size() / p.shape().dim(-1);
      deviations.put(p.name(), deviation / Math.sqrt(inputs));
    }
    double[] targets = new double[labels.length * network.outputs()];
    for (int i = 0; i < labels.length; i++) {
      targets[i * network.outputs() + labels[i]] = 1;
    }
    return new NetworkPosterior(
        network,
        x.toDouble(),
        HostTensor.of(Shape.of(labels.length, network.outputs()), targets),
        new Likelihood.Categorical(),
        deviations,
        temperature);
  }

  @Override
  public Map<String, Shape> parameters() {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    network.parameters().forEach(p -> shapes.put(p.name(), p.shape()));
    return shapes;
  }

  @Override
  public int samples() {
    return x.shape().dim(0);
  }

  @Override
  public double scale(String parameter) {
    return deviations.get(parameter);
  }

  @Override
  public Map<String, HostTensor> inputs() {
    return Map.of(
        "posterior/x", x.reshape(x.shape().insert(0, 1)),
        "posterior/targets", targets.reshape(targets.shape().insert(0, 1)));
  }

  @Override
  public Value of(Program.Builder b, Map<String, Value> w) {
    return total(
        w, network.apply(w, declared(b, "posterior/x")), declared(b, "posterior/targets"), 1);
  }

  @Override
  public Value estimate(Program.Builder b, Map<String, Value> w, Value ids) {
    Value batch = F.gather(declared(b, "posterior/x"), ids);
    Value wanted = F.gather(declared(b, "posterior/targets"), ids);
    return total(w, network.apply(w, batch), wanted, (double) samples() / ids.shape().dim(1));
  }

  /** Returns the outputs of all samples, [M, N, K], and the targets they are compared with. */
  Value[] outputs(Program.Builder b, Map<String, Value> w) {
    return new Value[] {
      network.apply(w, declared(b, "posterior/x")), declared(b, "posterior/targets")
    };
  }

  private Value declared(Program.Builder b, String name) {
    return b.input(name, inputs().get(name).type());
  }

  private Value total(Map<String, Value> w, Value outputs, Value wanted, double weight) {
    Value losses = F.sum(likelihood.loss(outputs, wanted), 1, 2); // [M, 1, 1]
    Value u = F.mul(column(losses), weight);
    for (Map.Entry<String, Double> p : sorted().entrySet()) {
      Value v = w.get(p.getKey());
      Value square = F.sum(F.square(v), behind(v));
      u = F.add(u, F.mul(column(square), 0.5 / (p.getValue() * p.getValue())));
    }
    return F.mul(u, 1 / temperature);
  }

  /**
   * Returns the deviations in the network's parameter order, so that programs do not depend on
   * hashing.
   */
  private Map<String, Double> sorted() {
    Map<String, Double> d = new LinkedHashMap<>();
    network.parameters().forEach(p -> d.put(p.name(), deviations.get(p.name())));
    return d;
  }

  /** Returns [M, 1, ..., 1] as [M, 1]. */
  static Value column(Value v) {
    return F.reshape(v, Shape.of(v.shape().models(), 1));
  }

  /** Returns all axes but the model axis. */
  static int[] behind(Value v) {
    int[] axes = new int[v.shape().rank() - 1];
    Arrays.setAll(axes, i -> i + 1);
    return axes;
  }
}
