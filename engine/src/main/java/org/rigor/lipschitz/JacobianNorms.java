// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.rigor.diff.SamplesApart;
import org.rigor.exec.Buffer;
import org.rigor.exec.Device;
import org.rigor.exec.Scope;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Network;
import org.rigor.nn.Parameter;
import org.rigor.op.Solve;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Norm;

/**
 * Norms of the Jacobian of the outputs with respect to the input, of M models at N samples, in
 * double: lower sides of the Lipschitz constant (Khromov and Singh 2024, section 2). The network is
 * the one in real arithmetic with the stored parameters.
 *
 * <p>The spectral norm is the root of the largest eigenvalue of J J', by {@link Solve} on the
 * device. Its certified side is {@code ||J'u|| / ||u||} for the computed eigenvector u, whatever
 * u's error, with J'u enclosed; the maximum norm's is the enclosed sum of the largest computed row.
 *
 * <p>A sample is ambiguous if a branch of its derivative, such as the sign of a ReLU's operand, is
 * in doubt within rounding. There the network may have a kink and the computed Jacobian may be no
 * derivative, so its norm is reported but is no lower side.
 *
 * <p>The lower sides are of kind CERTIFIED if {@link org.rigor.nn.Network#kindOfSides} says so of
 * the network; else, as with tanh or sigmoid, whose rounding in double was measured and not proved,
 * they are of kind BOUND.
 *
 * @param norms as computed, [M][N]; NaN where the network's numbers are not finite
 * @param lower at most the true norm, all rounding included, [M][N]; NaN if ambiguous
 */
public record JacobianNorms(double[][] norms, double[][] lower) {
  /** Elements of one stacked value of a run: 32 MiB of doubles, 256 MiB on a GPU. */
  private static final long ELEMENTS = 1L << 22;

  private static final int MOST_SAMPLES = 128;

  /**
   * Measures all samples. For several sets of samples there is {@link JacobianMeter}.
   *
   * @param params by name, [M or 1, shape...]; upcast exactly
   * @param x [N, features...]
   * @throws IllegalArgumentException if a parameter is missing, x has another shape, or the network
   *     has more than 900 outputs in the L2 norm, for which there are {@link LanczosNorms}
   * @throws UnsupportedOperationException if an operation of the network has no bound rule
   */
  public static JacobianNorms measure(
      Device device, Network network, Map<String, HostTensor> params, HostTensor x, Norm norm) {
    try (JacobianMeter meter = new JacobianMeter(device, network, params, x, norm)) {
      return meter.measure(x);
    }
  }

  /** Largest computed norm of a model, ambiguous samples included; 0 if none is a number. */
  public double max(int model) {
    return largest(norms[model]);
  }

  /** Sample of {@link #max}; -1 if none is a number. */
  public int argMax(int model) {
    return indexOf(norms[model], max(model));
  }

  /** Lower side of a model's Lipschitz constant; 0 if every sample is ambiguous. */
  public double certified(int model) {
    return largest(lower[model]);
  }

  /** Sample of {@link #certified}; -1 if every sample is ambiguous. */
  public int witness(int model) {
    return indexOf(lower[model], certified(model));
  }

  /** Samples that are no lower side, ascending. */
  public List<Integer> ambiguous(int model) {
    List<Integer> out = new ArrayList<>();
    for (int n = 0; n < lower[model].length; n++) {
      if (Double.isNaN(lower[model][n])) {
        out.add(n);
      }
    }
    return out;
  }

  private static double largest(double[] values) {
    return Arrays.stream(values).filter(v -> !Double.isNaN(v)).max().orElse(0);
  }

  private static int indexOf(double[] values, double v) {
    for (int n = 0; n < values.length; n++) {
      if (values[n] == v) {
        return n;
      }
    }
    return -1;
  }

  static int models(Network network, Map<String, HostTensor> params, HostTensor x) {
    int samples = x.shape().dim(0);
    if (!x.shape().equals(network.input().insert(0, samples))) {
      throw new IllegalArgumentException(
          "lipschitz: x must be [N, features...] of " + network.input() + ", got " + x.shape());
    }
    int models = 1;
    for (Parameter p : network.parameters()) {
      HostTensor v = params.get(p.name());
      if (v == null) {
        throw new IllegalArgumentException("lipschitz: parameter '" + p.name() + "' has no value");
      }
      models = Math.max(models, v.shape().models());
    }
    return models;
  }

  /** Samples of a run: as few runs as fit, of equal size. */
  static int batch(Device device, Network network, int models, int samples) {
    long widest = widest(network);
    int wider = device.info().gpu() ? 8 : 1;
    long fit = wider * ELEMENTS / (widest * models * network.outputs());
    long most = Math.max(1, Math.min(wider * wider * MOST_SAMPLES, fit));
    long runs = (samples + most - 1) / most;
    return (int) ((samples + runs - 1) / runs);
  }

  /**
   * Most elements that any value has of one sample, such as the windows of a convolution.
   *
   * @throws IllegalArgumentException if the network joins samples
   */
  private static long widest(Network network) {
    Program.Builder b = Program.builder("widest");
    Map<String, Value> params = network.declare(b, "param/", 1, DType.F64);
    Value x = b.input("x", new TensorType(DType.F64, network.input().insert(0, 2).insert(0, 1)));
    long most = network.input().size();
    Set<Value> moving = Collections.newSetFromMap(new IdentityHashMap<>());
    moving.add(x);
    Value y = network.apply(params, x);
    SamplesApart.require(y, x);
    TrueDerivative.require(y, x);
    for (Value v : Program.topological(List.of(y))) {
      if (v.inputs().stream().anyMatch(moving::contains)) {
        moving.add(v);
        most = Math.max(most, v.shape().size() / 2);
      }
    }
    return most;
  }

  /** Samples {@code from} on, [1, batch, features...]; past the end the last one repeats. */
  static HostTensor rows(Network network, HostTensor x, int from, int batch) {
    int features = Math.toIntExact(network.input().size());
    return rows(network, x, from, batch, new double[batch * features]);
  }

  /**
   * As {@link #rows(Network, HostTensor, int, int)}, in an array that may be used again.
   *
   * @param part {@code double[]}, or {@code float[]} if x holds floats
   */
  static HostTensor rows(Network network, HostTensor x, int from, int batch, Object part) {
    int samples = x.shape().dim(0);
    int n = Math.toIntExact(x.shape().size() / samples);
    Shape shape = network.input().insert(0, batch).insert(0, 1);
    if (part instanceof float[] to) {
      float[] all = x.floats();
      IntStream.range(0, batch)
          .parallel()
          .forEach(i -> System.arraycopy(all, Math.min(samples - 1, from + i) * n, to, i * n, n));
      return HostTensor.of(shape, to);
    }
    double[] to = (double[]) part;
    IntStream.range(0, batch)
        .parallel()
        .forEach(i -> x.copy(Math.min(samples - 1, from + i) * n, n, to, i * n));
    return HostTensor.of(shape, to);
  }

  /** Copies parameters to a scope in double, under the names that {@link #declare} gives them. */
  static Map<String, Buffer> store(Scope scope, Network network, Map<String, HostTensor> params) {
    Map<String, Buffer> stored = new LinkedHashMap<>();
    for (Parameter p : network.parameters()) {
      String name = "param/" + p.name();
      stored.put(name, scope.buffer(name, params.get(p.name()).toDouble()));
    }
    return stored;
  }

  /** Declares the parameters with the model extents of what is stored. */
  static Map<String, Value> declare(
      Program.Builder b, Network network, Map<String, Buffer> stored) {
    Map<String, Value> params = new LinkedHashMap<>();
    for (Parameter p : network.parameters()) {
      String name = "param/" + p.name();
      params.put(p.name(), b.input(name, stored.get(name).type()));
    }
    return params;
  }
}
