// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.rigor.exec.Buffer;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.nn.Network;
import org.rigor.queue.BatchQueue;
import org.rigor.queue.Pool;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.threat.Norm;
import org.rigor.workspace.Workspace;

/** A compiled {@link JacobianProgram} that runs over any number of samples in batches. */
final class JacobianRun implements AutoCloseable {
  private final Network network;
  private final Norm norm;
  private final int models;
  private final Workspace space;
  private final JacobianProgram program;
  private final Optional<Executable> once; // empty if everything depends on the samples
  private final BatchQueue batches;

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
    this.space = new Workspace(device, "jacobian run");
    try {
      this.program = JacobianProgram.of(network, stored, models, batch, norm, type, ties);
      stored.forEach(space::share);
      Workspace.Cut cut = space.cut(program.program(), Set.of("x"));
      this.once = cut.once();
      this.batches = new BatchQueue(batch, cut.each());
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
    batches.put("x", x.reshape(network.input().insert(0, samples).insert(0, 1)));
    HostTensor all = batches.run(Pool.all(models, samples), List.of("found")).get("found");
    int what = all.shape().dim(2);
    for (int m = 0; m < models; m++) {
      for (int n = 0; n < samples; n++) {
        store(all.doubles(), (m * samples + n) * what, norms[m], lower[m], n);
      }
    }
  }

  private void store(double[] found, int at, double[] norms, double[] lower, int n) {
    int k = network.outputs();
    int d = Math.toIntExact(network.input().size());
    double value = found[at + JacobianProgram.VALUE];
    double length = found[at + JacobianProgram.LENGTH];
    double least = found[at + JacobianProgram.LEAST];
    double side;
    if (norm == Norm.LINF) {
      side = JacobianSides.sum(least, d);
    } else if (program.inner() == 0) {
      side = JacobianSides.quotient(least, d, length, k);
    } else {
      double size = found[at + JacobianProgram.SIZE];
      double spread = found[at + JacobianProgram.SPREAD];
      side = JacobianSides.product(least, size, spread, d, program.inner(), length, k);
    }
    boolean clear = found[at + JacobianProgram.CLEAR] != 0;
    norms[n] = norm == Norm.LINF ? value : Math.sqrt(Math.max(0, value));
    lower[n] = clear ? side : Double.NaN;
  }

  @Override
  public void close() {
    space.close();
  }
}
