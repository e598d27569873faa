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
import org.rigor.tensor.HostTensor;

/**
 * Measures {@link JacobianNorms} of the same models at one set of samples after another: parameters
 * and programs stay on the device in between.
 */
public final class JacobianMeter implements AutoCloseable {
  private final Network network;
  private final Map<String, HostTensor> params;
  private final OperatorNorm norm;
  private final int batch;
  private final Scope scope;
  private final JacobianProgram program;
  private final Executable each;

  /** Of a batch; kept, for the first touch of so much memory takes longer than its use. */
  private final double[] rows;

  /**
   * Compiles the program and computes what does not depend on the samples.
   *
   * @param params by name, [M or 1, shape...]; upcast exactly
   * @param x samples of the kind to come, [N, features...]; N decides how many a run takes
   * @throws IllegalArgumentException as {@link JacobianNorms#measure} does
   * @throws UnsupportedOperationException if an operation of the network has no bound rule
   */
  public JacobianMeter(
      Device device,
      Network network,
      Map<String, HostTensor> params,
      HostTensor x,
      OperatorNorm norm) {
    this.network = network;
    this.params = Map.copyOf(params);
    this.norm = norm;
    int models = JacobianNorms.models(network, params, x);
    this.batch = JacobianNorms.batch(device, network, models, x.shape().dim(0));
    this.rows = new double[Math.multiplyExact(batch, Math.toIntExact(network.input().size()))];
    this.scope = device.scope("jacobian");
    try {
      Map<String, Buffer> stored = JacobianNorms.store(scope, network, params);
      this.program = JacobianProgram.of(network, stored, models, batch, norm);
      Hoist cut = Hoist.of(program.program(), Set.of("x"));
      Map<String, Buffer> bound = new LinkedHashMap<>(stored);
      if (cut.once().isPresent()) {
        Program once = cut.once().get();
        once.outputs().forEach((name, v) -> bound.put(name, scope.buffer(name, v.type())));
        try (Executable e = device.compile(once, of(bound, once))) {
          e.run();
        }
      }
      this.each = device.compile(cut.each(), of(bound, cut.each()));
    } catch (RuntimeException | Error e) {
      scope.close();
      throw e;
    }
  }

  /**
   * Measures all samples.
   *
   * @param x [N, features...], any N
   */
  public JacobianNorms measure(HostTensor x) {
    int models = JacobianNorms.models(network, params, x);
    int samples = x.shape().dim(0);
    JacobianNorms out = new JacobianNorms(new double[models][samples], new double[models][samples]);
    for (int from = 0; from < samples; from += batch) {
      each.input("x").write(JacobianNorms.rows(network, x, from, batch, rows));
      each.run();
      store(out, from);
    }
    return out;
  }

  /** The buffers that a program knows by name. */
  private static Map<String, Buffer> of(Map<String, Buffer> all, Program p) {
    Map<String, Buffer> some = new LinkedHashMap<>(all);
    some.keySet().removeIf(n -> !p.inputs().containsKey(n) && !p.outputs().containsKey(n));
    return some;
  }

  private void store(JacobianNorms out, int from) {
    Executable e = each;
    int outputs = network.outputs();
    double[][] norms = out.norms();
    double[][] lower = out.lower();
    int[] clear = e.output("clear").read().ints();
    double[] value = e.output("value").read().doubles();
    double[] least = e.output("least").read().doubles();
    double[] length = e.output("length").read().doubles();
    boolean inner = program.inner() > 0;
    double[] size = inner ? e.output("size").read().doubles() : null;
    double[] spread = inner ? e.output("spread").read().doubles() : null;
    int d = Math.toIntExact(e.program().inputs().get("x").shape().size() / batch);
    for (int m = 0; m < norms.length; m++) {
      for (int b = 0; b < batch && from + b < norms[m].length; b++) {
        int at = m * batch + b;
        double side =
            norm == OperatorNorm.LINF
                ? JacobianSides.sum(least[at], d)
                : inner
                    ? JacobianSides.product(
                        least[at], size[at], spread[at], d, program.inner(), length[at], outputs)
                    : JacobianSides.quotient(least[at], d, length[at], outputs);
        norms[m][from + b] =
            norm == OperatorNorm.LINF ? value[at] : Math.sqrt(Math.max(0, value[at]));
        lower[m][from + b] = clear[at] != 0 ? side : Double.NaN;
      }
    }
  }

  @Override
  public void close() {
    each.close();
    scope.close();
  }
}
