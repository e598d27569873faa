// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.List;
import java.util.stream.IntStream;
import org.rigor.exec.Buffer;
import org.rigor.exec.Sequence;
import org.rigor.nn.TrialKey;
import org.rigor.op.Permutation;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * Streams training samples from the host, a slab of a few steps at a time. The host gathers the
 * next slab while the device works on the current one.
 */
final class Slabs {
  private final HostTensor samples;
  private final List<TrialKey> keys;
  private final Permutation batches;
  private final int batch;
  private final int steps;
  private final Buffer slab;
  private final Buffer first;
  private final Sequence whole;
  private final Sequence rest;
  private final HostTensor gathered;

  /**
   * @param samples [N, input...], in the type of the slab
   * @param slab [M, steps * batch, input...]
   * @param first I32 [1, 1], the step of the slab's first row
   * @param whole runs the steps of a full slab
   * @param rest runs the remaining steps of an epoch; null if there are none
   */
  Slabs(
      TrainingSetup setup,
      HostTensor samples,
      List<TrialKey> keys,
      int steps,
      Buffer slab,
      Buffer first,
      Sequence whole,
      Sequence rest) {
    this.samples = samples;
    this.keys = keys;
    this.batches = BatchProgram.order(setup.samples());
    this.batch = setup.batch();
    this.steps = steps;
    this.slab = slab;
    this.first = first;
    this.whole = whole;
    this.rest = rest;
    this.gathered = HostTensor.zeros(slab.type());
  }

  /** Runs all steps of an epoch. */
  void run(int epoch, int stepsPerEpoch) {
    for (int step = 0; step < stepsPerEpoch; step += steps) {
      gather(epoch, step, Math.min(steps, stepsPerEpoch - step));
      slab.write(gathered);
      first.write(HostTensor.of(Shape.of(1, 1), new int[] {step}));
      (step + steps <= stepsPerEpoch ? whole : rest).run();
    }
  }

  private void gather(int epoch, int step, int count) {
    int row = Math.toIntExact(samples.shape().size() / samples.shape().dim(0));
    int[] positions = IntStream.range(step * batch, (step + count) * batch).toArray();
    for (int m = 0; m < keys.size(); m++) {
      int[] ids = batches.at(positions, keys.get(m).k0(), keys.get(m).k1(), epoch);
      int to = m * steps * batch * row;
      for (int id : ids) {
        System.arraycopy(samples.array(), id * row, gathered.array(), to, row);
        to += row;
      }
    }
  }
}
