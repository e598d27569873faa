// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.rigor.diff.Kind;
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
import org.rigor.workspace.Models;

/**
 * Norms of the Jacobian of the outputs with respect to the input, of M models at N samples, in
 * double: lower sides of the Lipschitz constant (Khromov and Singh 2024, section 2). They hold for
 * the network in real arithmetic with the stored parameters.
 *
 * <p>The spectral norm is the root of the largest eigenvalue of J J', by {@link Solve} on the
 * device. Its certified side is {@code ||J'u|| / ||u||} for the computed eigenvector u, regardless
 * of u's error, with J'u enclosed; the maximum norm's is the enclosed sum of the largest computed
 * row.
 *
 * <p>A sample is at a kink if a branch of its derivative, such as the sign of a ReLU's operand, is
 * in doubt within rounding. There the computed Jacobian may not be a derivative and may exceed the
 * Lipschitz constant. A tie between functions that are equal around the sample, such as inactive
 * units or copies of one element ({@link LocalFunctions}), is not a kink. A sample at a kink is
 * represented by the largest certified norm at points {@link Nearby}; if those are at kinks too, it
 * has no lower side, which differs from the lower side 0.
 *
 * <p>The lower sides are CERTIFIED, or BOUND for networks with functions such as tanh or sigmoid,
 * whose rounding in double was measured and not proved.
 */
public final class JacobianNorms {
  /** Elements of one stacked value of a run: 32 MiB of doubles, 256 MiB on a GPU. */
  private static final long ELEMENTS = 1L << 22;

  private static final int MOST_SAMPLES = 128;

  private static final int NOWHERE = -1;

  private final double[][] norms;
  private final double[][] lower;
  private final double[][] placed;
  private final int[][] draws;
  private final HostTensor x;
  private final Nearby nearby;
  private final Kind kind;

  /** Whether enclosures say something of any sample. */
  private boolean enclosed;

  /**
   * Location at which a lower side was measured.
   *
   * @param sample index of the sample
   * @param draw 0 at the sample itself, else the number of the point {@link Nearby} it
   * @param point the input, features in row-major order
   * @param distance Euclidean, from the sample
   */
  public record Place(int sample, int draw, double[] point, double distance) {}

  /**
   * Creates an unmeasured result; the caller fills the arrays of {@link #norms} and {@link #lower}.
   */
  JacobianNorms(int models, HostTensor x, Nearby nearby, Kind kind) {
    int samples = x.shape().dim(0);
    this.norms = new double[models][samples];
    this.lower = new double[models][samples];
    this.placed = new double[models][samples];
    this.draws = new int[models][samples];
    this.x = x;
    this.nearby = nearby;
    this.kind = kind;
    for (int m = 0; m < models; m++) {
      Arrays.fill(draws[m], NOWHERE);
      Arrays.fill(norms[m], Double.NaN);
      Arrays.fill(lower[m], Double.NaN);
      Arrays.fill(placed[m], Double.NaN);
    }
  }

  /**
   * Marks the contents of the arrays as measured at some samples themselves.
   *
   * @param hopeless whether enclosures say nothing of any of them
   */
  void atSamples(int from, int to, boolean hopeless) {
    enclosed |= !hopeless;
    for (int m = 0; m < norms.length; m++) {
      for (int n = from; n < to; n++) {
        boolean at = !Double.isNaN(lower[m][n]);
        draws[m][n] = at ? 0 : NOWHERE;
        placed[m][n] = at ? norms[m][n] : Double.NaN;
      }
    }
  }

  /**
   * Accepts a measurement at a point if its sample has none, or a smaller one from another point.
   */
  void offer(int model, int sample, int draw, double norm, double side) {
    boolean open = draws[model][sample] == NOWHERE;
    boolean larger = draws[model][sample] > 0 && side > lower[model][sample];
    if (!Double.isNaN(side) && (open || larger)) {
      lower[model][sample] = side;
      placed[model][sample] = norm;
      draws[model][sample] = draw;
    }
  }

  HostTensor points(int[] samples, int draw) {
    return nearby.points(x, samples, draw);
  }

  /**
   * Measures all samples. Use {@link JacobianMeter} for several sets of samples.
   *
   * @param networks M of them; their parameters are upcast exactly
   * @param x [N, features...]
   * @param nearby points for samples at kinks
   * @throws IllegalArgumentException if x has another shape, or the network has more than 900
   *     outputs in the L2 norm
   * @throws UnsupportedOperationException if an operation of the network has no bound rule
   */
  public static JacobianNorms measure(Models networks, HostTensor x, Norm norm, Nearby nearby) {
    try (JacobianMeter meter = new JacobianMeter(networks, x, norm, nearby)) {
      return meter.measure(x);
    }
  }

  /**
   * Returns norms as computed at the samples, [M][N], also where a sample is at a kink; NaN where
   * the network's numbers are not finite.
   */
  public double[][] norms() {
    return norms;
  }

  /**
   * Returns lower sides of the true norm at the sample, or at a point nearby if it is at a kink,
   * all rounding included, [M][N]; NaN if there is none.
   */
  public double[][] lower() {
    return lower;
  }

  /**
   * Returns the norms computed where {@link #lower} was measured, [M][N]; NaN where that is NaN.
   */
  public double[][] placed() {
    return placed;
  }

  /** Returns a lower side of a model's Lipschitz constant; empty if no sample has one. */
  public OptionalDouble certified(int model) {
    return Arrays.stream(lower[model]).filter(v -> !Double.isNaN(v)).max();
  }

  /**
   * Returns whether the networks are so deep that enclosures of their rounding say nothing at any
   * sample: then nothing is certified, nearby points are not tried, and {@link #estimate} is left.
   */
  public boolean tooDeep() {
    return !enclosed;
  }

  /** Returns where the norm computed in double is largest, which proves nothing. */
  public Optional<Place> estimate(int model) {
    return IntStream.range(0, norms[model].length)
        .filter(n -> Double.isFinite(norms[model][n]))
        .boxed()
        .max(Comparator.comparingDouble(n -> norms[model][n]))
        .map(n -> new Place(n, 0, nearby.point(x, n, 0), 0));
  }

  /** Returns the kind of {@link #lower} and {@link #certified}. */
  public Kind kind() {
    return kind;
  }

  /** Returns where {@link #certified} was measured first. */
  public Optional<Place> witness(int model) {
    int best = NOWHERE;
    for (int n = 0; n < lower[model].length; n++) {
      boolean larger = best == NOWHERE || lower[model][n] > lower[model][best];
      best = !Double.isNaN(lower[model][n]) && larger ? n : best;
    }
    return best == NOWHERE ? Optional.empty() : Optional.of(place(model, best));
  }

  private Place place(int model, int sample) {
    double[] at = nearby.point(x, sample, 0);
    double[] point = nearby.point(x, sample, draws[model][sample]);
    double squares = 0;
    for (int i = 0; i < at.length; i++) {
      squares += (point[i] - at[i]) * (point[i] - at[i]);
    }
    return new Place(sample, draws[model][sample], point, Math.sqrt(squares));
  }

  /**
   * Returns the samples at kinks, ascending: those represented by points nearby and those left out.
   */
  public List<Integer> kinks(int model) {
    return samples(model, draw -> draw != 0);
  }

  /** Returns the samples represented by points nearby, ascending. */
  public List<Integer> moved(int model) {
    return samples(model, draw -> draw > 0);
  }

  /** Returns the samples without a lower side, ascending. */
  public List<Integer> leftOut(int model) {
    return samples(model, draw -> draw == NOWHERE);
  }

  private List<Integer> samples(int model, IntPredicate wanted) {
    return IntStream.range(0, draws[model].length)
        .filter(n -> wanted.test(draws[model][n]))
        .boxed()
        .toList();
  }

  static int models(Models networks, HostTensor x) {
    requireShape(networks.network(), x);
    return networks.count();
  }

  static void requireShape(Network network, HostTensor x) {
    int samples = x.shape().dim(0);
    if (!x.shape().equals(network.input().insert(0, samples))) {
      throw new IllegalArgumentException(
          "lipschitz: x must be [N, features...] of " + network.input() + ", got " + x.shape());
    }
  }

  /** Returns the number of samples per run: as few runs as memory allows, of equal size. */
  static int batch(Device device, Network network, int models, int samples) {
    long widest = widest(network);
    int wider = device.info().gpu() ? 8 : 1;
    long fit = wider * ELEMENTS / (widest * models * network.outputs());
    long most = Math.max(1, Math.min(wider * wider * MOST_SAMPLES, fit));
    long runs = (samples + most - 1) / most;
    return (int) ((samples + runs - 1) / runs);
  }

  /**
   * Returns the largest number of elements any value has per sample, such as the windows of a
   * convolution.
   *
   * @throws IllegalArgumentException if the network mixes samples
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

  /**
   * Returns the samples {@code from} on, [1, batch, features...]; past the end the last one
   * repeats.
   */
  static HostTensor rows(Network network, HostTensor x, int from, int batch) {
    int features = Math.toIntExact(network.input().size());
    return rows(network, x, from, batch, new double[batch * features]);
  }

  /**
   * Copies rows as {@link #rows(Network, HostTensor, int, int)} does, into a reusable array.
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

  /** Makes buffers of doubles for parameters, under the names that {@link #declare} gives them. */
  static Map<String, Buffer> store(Scope scope, Models networks) {
    Map<String, Buffer> stored = new LinkedHashMap<>();
    for (Parameter p : networks.network().parameters()) {
      String name = "param/" + p.name();
      Shape shape = networks.buffer(p).type().shape();
      stored.put(name, scope.buffer(name, new TensorType(DType.F64, shape)));
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
