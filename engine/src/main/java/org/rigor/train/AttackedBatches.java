// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rigor.attack.FixedAttack;
import org.rigor.data.Box;
import org.rigor.exec.Buffer;
import org.rigor.exec.Device;
import org.rigor.exec.Sequence;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Network;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Passes;
import org.rigor.workspace.Workspace;

/**
 * Batches of a data set under attack, for all models at once. Every sample gets all steps of the
 * attack. A sample's random draws depend only on the model's key and the sample.
 */
final class AttackedBatches implements AutoCloseable {
  private final TrainingSetup setup;
  private final Rows rows;
  private final int samples;
  private final Workspace buffers;
  private final List<Sequence.Step> steps = new ArrayList<>();

  /**
   * @param shared {@code key} and {@code param/...}
   * @param x [N, input...], in the type of the arithmetic
   * @param labels I32 [N]
   */
  AttackedBatches(
      Device device,
      Network network,
      Map<String, Buffer> shared,
      HostTensor x,
      HostTensor labels,
      int batch,
      Optional<FixedAttack> attack) {
    this.samples = labels.shape().dim(0);
    int size = Math.min(batch, samples);
    Method method = attack.map(AttackedBatches::method).orElse(new StandardTraining());
    Box box = attack.map(a -> a.threat().box()).orElse(Box.NONE);
    this.setup =
        new TrainingSetup(network, x.dtype(), samples, size, new Optimiser.Sgd(false), method, box);
    int models = shared.get("key").type().shape().models();
    this.rows = new Rows(setup, models, 1);
    this.buffers = new Workspace(device, "attacked batches");
    try {
      buffers.put("data/x", x.reshape(x.shape().insert(0, 1)));
      buffers.put("data/y", labels.reshape(Shape.of(1, samples)));
      buffers.put("first", HostTensor.of(Shape.of(1, 1), new int[1]));
      buffers.put("count/step", HostTensor.of(Shape.of(models, 1), new int[models]));
      buffers.put("attack/epsilon", column(attack.map(FixedAttack::epsilon).orElse(0.0)));
      buffers.put("attack/step-size", column(attack.map(FixedAttack::length).orElse(0.0)));
      shared.forEach(buffers::share);
      add(1, draw(), Passes.MEASURE);
      setup
          .method()
          .perturbation()
          .ifPresent(
              p ->
                  TrainingPrograms.perturb(rows, p, device.sharedBytes(), device.modelsAtOnce())
                      .forEach(s -> add(s.times(), s.program(), s.passes())));
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  private static Method method(FixedAttack a) {
    return new PgdTraining(a.threat().requireNorm(), a.attack());
  }

  private HostTensor column(double v) {
    double[] values = new double[rows.models()];
    java.util.Arrays.fill(values, v);
    HostTensor t = HostTensor.of(Shape.of(values.length, 1), values);
    return setup.dtype() == DType.F32 ? t.toFloat() : t;
  }

  private void add(int times, Program p, Passes passes) {
    steps.add(Sequence.repeat(times, Sequence.run(buffers.link(p, passes))));
  }

  /** Draws the next batch. Past the end it repeats the last sample. */
  private Program draw() {
    Program.Builder b = Program.builder("attacked-batch");
    Inputs in = new Inputs(b, rows);
    Value ids = F.minimum(places(in), F.constant(in.ints("first", 1, 1), samples - 1));
    Shape stored = setup.network().input().insert(0, samples).insert(0, 1);
    Value x = F.gather(in.real("data/x", stored), ids);
    Shape batch = Shape.of(rows.models(), setup.batch());
    b.output("batch/x", F.broadcast(x, setup.batchShape(rows.models())));
    Value labels = F.gather(in.ints("data/y", 1, samples), ids);
    b.output("batch/labels", F.broadcast(labels, batch));
    b.output("batch/ids", F.broadcast(ids, batch));
    return b.build();
  }

  /**
   * Returns the batch's positions in the set, I32 [1, B]; {@code samples} and above mark repeats.
   */
  Value places(Inputs in) {
    return F.add(in.ints("first", 1, 1), F.iota(2, 1, setup.batch()));
  }

  /** Returns the logits of the finished networks at the attacked samples, [M, B, K]. */
  Value logits(Inputs in) {
    boolean attacked = setup.method().perturbation().isPresent();
    Value x = in.batch(attacked ? "batch/adversarial" : "batch/x");
    return setup.network().apply(in.parameters("param/"), x);
  }

  Rows rows() {
    return rows;
  }

  int samples() {
    return samples;
  }

  int count() {
    return (samples + setup.batch() - 1) / setup.batch();
  }

  Workspace buffers() {
    return buffers;
  }

  /**
   * Appends a program that runs after each batch, and returns the sequence of {@code count}
   * batches. The program also advances the input {@code first}.
   */
  Sequence with(Program.Builder last, Inputs in, int count) {
    Value first = in.ints("first", 1, 1);
    last.state("first", F.add(first, F.constant(first, setup.batch())));
    add(1, last.build(), Passes.MEASURE);
    return buffers.loop(count, steps);
  }

  void rewind() {
    buffers.get("first").write(HostTensor.of(Shape.of(1, 1), new int[1]));
  }

  @Override
  public void close() {
    buffers.close();
  }
}
