// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.rigor.exec.Buffer;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.Scope;
import org.rigor.ir.Hoist;
import org.rigor.ir.Program;
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
  private final Network network;
  private final Norm norm;
  private final int models;
  private final int batch;
  private final DType type;
  private final Scope scope;
  private final Map<String, Buffer> stored;
  private final JacobianProgram program;
  private final Executable once; // null if all depends on the samples
  private final Executable each;

  /** Of a batch; kept, for the first touch of so much memory takes longer than its use. */
  private final Object rows;

  /** What lies on the device, by name; null while it is copied, and if that failed. */
  private Map<String, HostTensor> loaded;

  /**
   * Compiles the program and computes what does not depend on the samples.
   *
   * @param params by name, [M or 1, shape...]; upcast exactly
   * @param x samples of the kind to come, [N, features...]; N decides how many a run takes. Floats
   *     are copied as such and widened on the device
   * @throws IllegalArgumentException as {@link JacobianNorms#measure} does
   * @throws UnsupportedOperationException if an operation of the network has no bound rule
   */
  public JacobianMeter(
      Device device, Network network, Map<String, HostTensor> params, HostTensor x, Norm norm) {
    this.network = network;
    this.norm = norm;
    this.models = JacobianNorms.models(network, params, x);
    this.batch = JacobianNorms.batch(device, network, models, x.shape().dim(0));
    this.type = x.dtype() == DType.F32 ? DType.F32 : DType.F64;
    int elements = Math.multiplyExact(batch, Math.toIntExact(network.input().size()));
    this.rows = type == DType.F32 ? new float[elements] : new double[elements];
    this.scope = device.scope("jacobian");
    Executable first = null;
    try {
      this.stored = JacobianNorms.store(scope, network, params);
      this.program = JacobianProgram.of(network, stored, models, batch, norm, type);
      Hoist cut = Hoist.of(program.program(), Set.of("x"));
      Map<String, Buffer> bound = new LinkedHashMap<>(stored);
      if (cut.once().isPresent()) {
        Program p = cut.once().get();
        p.outputs().forEach((name, v) -> bound.put(name, scope.buffer(name, v.type())));
        first = device.compile(p, of(bound, p));
      }
      this.once = first;
      load(params);
      this.each = device.compile(cut.each(), of(bound, cut.each()));
    } catch (RuntimeException | Error e) {
      if (first != null) {
        first.close();
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
    int samples = x.shape().dim(0);
    JacobianNorms out = new JacobianNorms(new double[models][samples], new double[models][samples]);
    write(x, 0);
    for (int from = 0; from < samples; from += batch) {
      each.run();
      if (from + batch < samples) {
        write(x, from + batch); // the host packs the next batch while the device has this one
      }
      store(out, from);
    }
    return out;
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
    if (once != null) {
      once.run();
    }
    loaded = all;
  }

  private void write(HostTensor x, int from) {
    each.input("x").write(JacobianNorms.rows(network, x, from, batch, rows));
  }

  /** The buffers that a program knows by name. */
  private static Map<String, Buffer> of(Map<String, Buffer> all, Program p) {
    Map<String, Buffer> some = new LinkedHashMap<>(all);
    some.keySet().removeIf(n -> !p.inputs().containsKey(n) && !p.outputs().containsKey(n));
    return some;
  }

  private void store(JacobianNorms out, int from) {
    double[] found = each.output("found").read().doubles();
    int k = network.outputs();
    int d = Math.toIntExact(network.input().size());
    int what = found.length / models / batch;
    int count = Math.min(batch, out.norms()[0].length - from);
    for (int m = 0; m < models; m++) {
      for (int b = 0; b < count; b++) {
        int at = m * what * batch + b;
        double value = found[at + JacobianProgram.VALUE * batch];
        double length = found[at + JacobianProgram.LENGTH * batch];
        double least = found[at + JacobianProgram.LEAST * batch];
        double side;
        if (norm == Norm.LINF) {
          side = JacobianSides.sum(least, d);
        } else if (program.inner() == 0) {
          side = JacobianSides.quotient(least, d, length, k);
        } else {
          double size = found[at + JacobianProgram.SIZE * batch];
          double spread = found[at + JacobianProgram.SPREAD * batch];
          side = JacobianSides.product(least, size, spread, d, program.inner(), length, k);
        }
        boolean clear = found[at + JacobianProgram.CLEAR * batch] != 0;
        out.norms()[m][from + b] = norm == Norm.LINF ? value : Math.sqrt(Math.max(0, value));
        out.lower()[m][from + b] = clear ? side : Double.NaN;
      }
    }
  }

  @Override
  public void close() {
    if (once != null) {
      once.close();
    }
    each.close();
    scope.close();
  }
}
