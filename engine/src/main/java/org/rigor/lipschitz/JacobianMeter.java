// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.rigor.exec.Buffer;
import org.rigor.exec.Device;
import org.rigor.exec.Scope;
import org.rigor.nn.Network;
import org.rigor.nn.Parameter;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;

/**
 * Measures {@link JacobianNorms} of the same models at one set of samples after another, or of
 * other models of the same network: programs stay compiled and parameters stay on the device in
 * between.
 */
public final class JacobianMeter implements AutoCloseable {
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

  /** For samples at kinks, which also tells apart the ties that are none; null until one comes. */
  private JacobianRun careful;

  /** What lies on the device, by name; null while it is copied, and if that failed. */
  private Map<String, HostTensor> loaded;

  /**
   * Compiles the program and computes what does not depend on the samples.
   *
   * @param params by name, [M or 1, shape...]; upcast exactly
   * @param x samples of the kind to come, [N, features...]; N decides how many a run takes. Floats
   *     are copied as such and widened on the device
   * @param nearby points for samples at kinks
   * @throws IllegalArgumentException as {@link JacobianNorms#measure} does
   * @throws UnsupportedOperationException if an operation of the network has no bound rule
   */
  public JacobianMeter(
      Device device,
      Network network,
      Map<String, HostTensor> params,
      HostTensor x,
      Norm norm,
      Nearby nearby) {
    this.device = device;
    this.nearby = nearby;
    this.network = network;
    this.norm = norm;
    this.models = JacobianNorms.models(network, params, x);
    this.batch = JacobianNorms.batch(device, network, models, x.shape().dim(0));
    this.type = x.dtype() == DType.F32 ? DType.F32 : DType.F64;
    this.scope = device.scope("jacobian");
    JacobianRun made = null;
    try {
      this.stored = JacobianNorms.store(scope, network, params);
      made = new JacobianRun(device, network, stored, models, batch, norm, type, false);
      this.run = made;
      load(params);
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
   * @throws IllegalArgumentException if x is of a wider type than what it was made for
   * @throws IllegalStateException if the device failed while it took other models
   */
  public JacobianNorms measure(HostTensor x) {
    if (loaded == null) {
      throw new IllegalStateException("lipschitz: no models are loaded, their last copy failed");
    }
    return measure(loaded, x);
  }

  /**
   * Measures all samples of other models, which stay loaded.
   *
   * @param params by name, of the shapes that it was made for
   * @param x [N, features...], any N
   * @throws IllegalArgumentException if a parameter has another shape; the models before stay
   */
  public JacobianNorms measure(Map<String, HostTensor> params, HostTensor x) {
    if (JacobianNorms.models(network, params, x) != models) {
      throw new IllegalArgumentException(
          "lipschitz: compiled for %d models, got %d"
              .formatted(models, JacobianNorms.models(network, params, x)));
    }
    if (type == DType.F32 && x.dtype() != DType.F32) {
      throw new IllegalArgumentException(
          "lipschitz: compiled for samples in F32, which cannot hold " + x.dtype());
    }
    if (loaded == null
        || network.parameters().stream()
            .anyMatch(p -> params.get(p.name()) != loaded.get(p.name()))) {
      load(params);
    }
    JacobianNorms out = new JacobianNorms(models, x, nearby);
    run.measure(x, out.norms(), out.lower());
    out.atSamples();
    kinks(out);
    return out;
  }

  /**
   * Measures the samples that have no lower side yet once more, where a tie of equal functions is
   * no kink, and then at points nearby, of which the largest certified norm counts.
   */
  private void kinks(JacobianNorms out) {
    int[] open = open(out);
    if (open.length == 0) {
      return;
    }
    if (careful == null) {
      int most = Math.min(batch, open.length);
      careful = new JacobianRun(device, network, stored, models, most, norm, DType.F64, true);
      careful.prepare();
    }
    again(out, open, 0);
    int[] kinked = open(out);
    for (int draw = 1; draw <= Nearby.DRAWS && kinked.length > 0; draw++) {
      again(out, kinked, draw);
    }
  }

  private static int[] open(JacobianNorms out) {
    return IntStream.range(0, out.lower()[0].length)
        .filter(n -> Arrays.stream(out.lower()).anyMatch(of -> Double.isNaN(of[n])))
        .toArray();
  }

  private void again(JacobianNorms out, int[] samples, int draw) {
    double[][] norms = new double[models][samples.length];
    double[][] lower = new double[models][samples.length];
    careful.measure(out.points(samples, draw), norms, lower);
    for (int m = 0; m < models; m++) {
      for (int i = 0; i < samples.length; i++) {
        out.offer(m, samples[i], draw, norms[m][i], lower[m][i]);
      }
    }
  }

  private void load(Map<String, HostTensor> params) {
    for (Parameter p : network.parameters()) {
      Shape wanted = stored.get("param/" + p.name()).type().shape();
      Shape given = params.get(p.name()).shape();
      if (!given.equals(wanted)) {
        throw new IllegalArgumentException(
            "lipschitz: compiled for parameter '%s' of %s, got %s"
                .formatted(p.name(), wanted, given));
      }
    }
    loaded = null;
    Map<String, HostTensor> all = new LinkedHashMap<>();
    for (Parameter p : network.parameters()) {
      HostTensor value = params.get(p.name());
      stored.get("param/" + p.name()).write(value.toDouble());
      all.put(p.name(), value);
    }
    run.prepare();
    if (careful != null) {
      careful.prepare();
    }
    loaded = all;
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
