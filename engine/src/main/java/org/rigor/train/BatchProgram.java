// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Permutation;
import org.rigor.op.Randoms;
import org.rigor.tensor.Shape;

/** The program that draws a batch from a keyed permutation of the data, a new one each epoch. */
final class BatchProgram {
  private BatchProgram() {}

  /**
   * @param slabSteps steps whose samples are on the device at a time, 0 if all samples are
   */
  static Program trace(Rows rows, int slabSteps) {
    TrainingSetup setup = rows.setup();
    Program.Builder b = Program.builder("batch");
    Inputs in = new Inputs(b, rows);
    int n = setup.samples();
    Value y = in.ints("data/y", 1, n);
    Value key = in.ints("key", rows.models(), 2);
    boolean replays = setup.method().replay().isPresent();
    Value position = in.counter(replays ? "batch" : "position");
    Value epoch = in.counter(replays ? "pass" : "epoch");
    Value first = F.mul(position, setup.batch());
    Value slots = F.add(first, F.iota(2, 1, setup.batch()));
    Value ids = Value.of(order(n), key, slots, epoch);
    Value stored = slabSteps == 0 ? resident(in, ids) : streamed(in, slots, slabSteps);
    Randoms random = new Randoms(key, ids, epoch);
    Value drawn = setup.augmentation().map(a -> a.apply(stored, random)).orElse(stored);
    b.output("batch/x", drawn);
    b.output("batch/labels", F.gather(y, ids));
    b.output("batch/ids", ids);
    return b.build();
  }

  /** Returns the order in which an epoch visits the samples. */
  static Permutation order(int samples) {
    return new Permutation("batch", samples);
  }

  private static Value resident(Inputs in, Value ids) {
    TrainingSetup setup = in.setup();
    Shape all = setup.network().input().insert(0, setup.samples()).insert(0, 1);
    return F.gather(in.real("data/x", all), ids);
  }

  /** Returns rows of the slab, which holds the samples of a few steps in slot order. */
  private static Value streamed(Inputs in, Value slots, int slabSteps) {
    Value slab = in.real("slab/x", slabShape(in.rows(), slabSteps));
    Value first = in.ints("slab/first", 1, 1);
    return F.gather(slab, F.sub(slots, F.mul(first, in.setup().batch())));
  }

  /** Returns the extents of a slab: [M, steps * batch, input...]. */
  static Shape slabShape(Rows rows, int slabSteps) {
    TrainingSetup setup = rows.setup();
    return setup.network().input().insert(0, slabSteps * setup.batch()).insert(0, rows.models());
  }
}
