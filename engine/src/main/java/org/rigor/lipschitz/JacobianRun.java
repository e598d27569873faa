// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.rigor.exec.Buffer;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.nn.Network;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.threat.Norm;
import org.rigor.workspace.Workspace;

/** A compiled {@link JacobianProgram} that runs over any number of samples in batches. */
final class JacobianRun implements AutoCloseable {
  private final Network network;
  private final Norm norm;
  private final int models;
  private final int batch;
  private final Workspace space;
  private final JacobianProgram program;
  private final Optional<Executable> once; // empty if everything depends on the samples
  private final Executable each;

  /** Staging array, reused across batches: first touch costs more than filling it. */
  private final Object rows;

  /**
   * @param stored parameters on the device, owned by the caller
   * @param batch samples of a run
   * @param type of the samples
   * @param ties as {@link JacobianEnclosure#of} takes it
   */
  JacobianRun(
      Device device,
      Network network,
      Map<String, Buffer> stored,
      int models,
      int batch,
      Norm norm,
      DType type,
      boolean ties) {
    this.network = network;
    this.norm = norm;
    this.models = models;
    this.batch = batch;
    int elements = Math.multiplyExact(batch, Math.toIntExact(network.input().size()));
    this.rows = type == DType.F32 ? new float[elements] : new double[elements];
    this.space = new Workspace(device, "jacobian run");
    try {
      this.program = JacobianProgram.of(network, stored, models, batch, norm, type, ties);
      stored.forEach(space::share);
      Workspace.Cut cut = space.cut(program.program(), Set.of("x"));
      this.once = cut.once();
      this.each = cut.each();
    } catch (RuntimeException | Error e) {
      space.close();
      throw e;
    }
  }

  /** Computes what does not depend on the samples, after the parameters have changed. */
  void prepare() {
    once.ifPresent(Executable::run);
  }

  /**
   * Measures all samples.
   *
   * @param x [N, features...], any N
   * @param norms filled with what is computed, [M][N]
   * @param lower filled with certified sides, [M][N]; NaN where a branch is in doubt
   */
  void measure(HostTensor x, double[][] norms, double[][] lower) {
    int samples = x.shape().dim(0);
    write(x, 0);
    for (int from = 0; from < samples; from += batch) {
      each.run();
      if (from + batch < samples) {
        write(x, from + batch); // the host packs the next batch while the device computes this one
      }
      store(norms, lower, from);
    }
  }

  private void write(HostTensor x, int from) {
    each.input("x").write(JacobianNorms.rows(network, x, from, batch, rows));
  }

  private void store(double[][] norms, double[][] lower, int from) {
    double[] found = each.output("found").read().doubles();
    int k = network.outputs();
    int d = Math.toIntExact(network.input().size());
    int what = found.length / models / batch;
    int count = Math.min(batch, norms[0].length - from);
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
        norms[m][from + b] = norm == Norm.LINF ? value : Math.sqrt(Math.max(0, value));
        lower[m][from + b] = clear ? side : Double.NaN;
      }
    }
  }

  @Override
  public void close() {
    space.close();
  }
}
