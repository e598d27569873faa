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
  /** Factor between a norm and what an enclosure proves of it from which on that says nothing. */
  private static final double HOPELESS = 1024;

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
   * Measures some samples.
   *
   * @param x [N, features...], any N
   * @param from first of the samples
   * @param to first one after them
   * @param norms filled with what is computed, [M][N]
   * @param lower filled with certified sides, [M][N]; NaN where a branch is in doubt
   * @return whether enclosures say nothing of any of them: they fall short of the computed norms by
   *     a factor of more than {@link #HOPELESS}
   */
  boolean measure(HostTensor x, int from, int to, double[][] norms, double[][] lower) {
    int samples = x.shape().dim(0);
    batches.put("x", x.reshape(network.input().insert(0, samples).insert(0, 1)));
    Pool some = Pool.where(models, samples, i -> i % samples >= from && i % samples < to);
    HostTensor all = batches.run(some, List.of("found")).get("found");
    int what = all.shape().dim(2);
    boolean hopeless = true;
    for (int m = 0; m < models; m++) {
      for (int n = from; n < to; n++) {
        double side = store(all.doubles(), (m * samples + n) * what, norms[m], lower[m], n);
        hopeless &= Double.isFinite(norms[m][n]) && !(side * HOPELESS >= norms[m][n]);
      }
    }
    return hopeless;
  }

  private double store(double[] found, int at, double[] norms, double[] lower, int n) {
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
    return side;
  }

  @Override
  public void close() {
    space.close();
  }
}
