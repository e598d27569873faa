// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import java.util.Arrays;
import java.util.Map;
import java.util.function.ObjIntConsumer;
import java.util.stream.IntStream;
import org.rigor.diff.Kind;
import org.rigor.exec.Buffer;
import org.rigor.exec.Device;
import org.rigor.exec.Scope;
import org.rigor.nn.Network;
import org.rigor.nn.Parameter;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.workspace.Models;

/**
 * Reusable measurement of {@link JacobianNorms}, at several sets of samples or for several models
 * of one network: programs stay compiled and parameters stay on the device in between.
 */
public final class JacobianMeter implements AutoCloseable {
  /** Time of a part below which the next has twice as many samples. */
  private static final long PART_NANOS = 2_000_000_000L;

  private final Device device;
  private final Network network;
  private final Norm norm;
  private final Nearby nearby;
  private final int models;
  private final int batch;
  private final DType type;
  private final Scope scope;
  private final Map<String, Buffer> stored;
  private final JacobianRun run;
  private final Kind kind;

  /** Run for samples at kinks, which also recognises harmless ties; null until first needed. */
  private JacobianRun careful;

  /** Models copied last; null during a copy and after a failed one. */
  private Models loaded;

  /**
   * Compiles the program and computes what does not depend on the samples.
   *
   * @param networks M of them; their parameters are upcast exactly
   * @param x representative samples, [N, features...]; N determines the batch of a run. Floats are
   *     copied as floats and widened on the device
   * @param nearby points for samples at kinks
   * @throws IllegalArgumentException as {@link JacobianNorms#measure} does
   * @throws UnsupportedOperationException if an operation of the network has no bound rule
   */
  public JacobianMeter(Models networks, HostTensor x, Norm norm, Nearby nearby) {
    this.device = networks.device();
    this.nearby = nearby;
    this.network = networks.network();
    this.norm = norm;
    this.models = JacobianNorms.models(networks, x);
    this.batch = JacobianNorms.batch(device, network, models, x.shape().dim(0));
    this.type = x.dtype() == DType.F32 ? DType.F32 : DType.F64;
    this.scope = device.scope("jacobian");
    JacobianRun made = null;
    try {
      this.stored = JacobianNorms.store(scope, networks);
      made = new JacobianRun(device, network, stored, models, batch, norm, type, false);
      this.run = made;
      this.kind = network.kindOfSides();
      load(networks);
    } catch (RuntimeException | Error e) {
      if (made != null) {
        made.close();
      }
      scope.close();
      throw e;
    }
  }

  /**
   * Measures all samples of the models loaded last.
   *
   * @param x [N, features...], any N
   * @throws IllegalArgumentException if x has a wider type than the meter was made for
   * @throws IllegalStateException if the device failed while loading other models
   */
  public JacobianNorms measure(HostTensor x) {
    if (loaded == null) {
      throw new IllegalStateException("lipschitz: no models are loaded, their last copy failed");
    }
    JacobianNorms.requireShape(network, x);
    requireType(x);
    return measured(x);
  }

  /**
   * Measures all samples of other models, which stay loaded.
   *
   * @param networks with parameters of the shapes the meter was made for
   * @param x [N, features...], any N
   * @throws IllegalArgumentException if a parameter has another shape; the previous models stay
   *     loaded
   */
  public JacobianNorms measure(Models networks, HostTensor x) {
    if (JacobianNorms.models(networks, x) != models) {
      throw new IllegalArgumentException(
          "lipschitz: compiled for %d models, got %d".formatted(models, networks.count()));
    }
    requireType(x);
    if (loaded != networks) {
      load(networks);
    }
    return measured(x);
  }

  private void requireType(HostTensor x) {
    if (type == DType.F32 && x.dtype() != DType.F32) {
      throw new IllegalArgumentException(
          "lipschitz: compiled for samples in F32, which cannot hold " + x.dtype());
    }
  }

  private JacobianNorms measured(HostTensor x) {
    JacobianNorms out = new JacobianNorms(models, x, nearby, kind);
    measured(x, 0, x.shape().dim(0), out);
    return out;
  }

  /**
   * Measures samples part by part; what is found does not depend on the parts.
   *
   * @param x [N, features...], any N
   * @param soFar called after each part with the number of samples measured; the others have no
   *     lower side yet
   */
  public JacobianNorms measure(HostTensor x, ObjIntConsumer<JacobianNorms> soFar) {
    JacobianNorms.requireShape(network, x);
    requireType(x);
    JacobianNorms out = new JacobianNorms(models, x, nearby, kind);
    int samples = x.shape().dim(0);
    int step = batch;
    for (int from = 0; from < samples; ) {
      long start = System.nanoTime();
      int to = Math.min(samples, from + step);
      measured(x, from, to, out);
      soFar.accept(out, to);
      from = to;
      step = System.nanoTime() - start < PART_NANOS ? 2 * step : step;
    }
    return out;
  }

  private void measured(HostTensor x, int from, int to, JacobianNorms out) {
    boolean hopeless = run.measure(x, from, to, out.norms(), out.lower());
    out.atSamples(from, to, hopeless);
    if (!hopeless) {
      kinks(out, from, to);
    }
  }

  /**
   * Measures samples without a lower side again, now treating ties of equal functions as smooth,
   * and then at points nearby, of which the largest certified norm counts.
   */
  private void kinks(JacobianNorms out, int from, int to) {
    int[] open = open(out, from, to);
    if (open.length == 0) {
      return;
    }
    if (careful == null) {
      int most = Math.min(batch, open.length);
      careful = new JacobianRun(device, network, stored, models, most, norm, DType.F64, true);
      careful.prepare();
    }
    again(out, open, 0);
    int[] kinked = open(out, from, to);
    for (int draw = 1; draw <= Nearby.DRAWS && kinked.length > 0; draw++) {
      again(out, kinked, draw);
    }
  }

  private static int[] open(JacobianNorms out, int from, int to) {
    return IntStream.range(from, to)
        .filter(n -> Arrays.stream(out.lower()).anyMatch(of -> Double.isNaN(of[n])))
        .toArray();
  }

  private void again(JacobianNorms out, int[] samples, int draw) {
    double[][] norms = new double[models][samples.length];
    double[][] lower = new double[models][samples.length];
    careful.measure(out.points(samples, draw), 0, samples.length, norms, lower);
    for (int m = 0; m < models; m++) {
      for (int i = 0; i < samples.length; i++) {
        out.offer(m, samples[i], draw, norms[m][i], lower[m][i]);
      }
    }
  }

  private void load(Models networks) {
    for (Parameter p : network.parameters()) {
      Shape wanted = stored.get("param/" + p.name()).type().shape();
      Shape given = networks.buffer(p).type().shape();
      if (!given.equals(wanted)) {
        throw new IllegalArgumentException(
            "lipschitz: compiled for parameter '%s' of %s, got %s"
                .formatted(p.name(), wanted, given));
      }
    }
    loaded = null;
    networks.load(stored::get);
    run.prepare();
    if (careful != null) {
      careful.prepare();
    }
    loaded = networks;
  }

  @Override
  public void close() {
    run.close();
    if (careful != null) {
      careful.close();
    }
    scope.close();
  }
}
