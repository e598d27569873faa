// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.rigor.attack.Pgd;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.Scope;
import org.rigor.exec.Sequence;
import org.rigor.ir.Program;
import org.rigor.ir.Simplify;
import org.rigor.ir.Value;
import org.rigor.nn.Parameter;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * Accuracy of the models of a running training on other samples, under projected gradient ascent or
 * clean, for all models at once. Compiled once; the weights are read where the training keeps them.
 * A sample's draws depend on the model's key and the sample alone, so epochs are compared with the
 * same noise. A quick measure to choose an epoch by: the reported numbers come from the attacks of
 * {@link org.rigor.attack}.
 */
public final class Validation {
  private final TrainingSetup setup;
  private final int models;
  private final int samples;
  private final Scope scope;
  private final Bound buffers;
  private final List<Executable> executables = new ArrayList<>();
  private final Sequence all;

  /**
   * @param of {@code param/} or {@code average/}
   * @param x [N, input...]
   * @param labels I32 [N]
   * @param attack empty for clean samples
   * @param epsilon radius, the same for all models
   */
  Validation(
      Device device,
      TrainingSetup training,
      TrainingBuffers trained,
      int models,
      String of,
      HostTensor x,
      HostTensor labels,
      int batch,
      Optional<Pgd> attack,
      double epsilon) {
    this.samples = labels.shape().dim(0);
    this.models = models;
    this.setup =
        new TrainingSetup(
            training.network(),
            training.dtype(),
            samples,
            Math.min(batch, samples),
            training.optimiser(),
            attack,
            training.box());
    this.scope = device.scope("validation");
    this.buffers = new Bound(scope);
    Rows rows = new Rows(setup, models, 1);
    try {
      buffers.put("data/x", trained.stored(x).reshape(x.shape().insert(0, 1)));
      buffers.put("data/y", labels.reshape(Shape.of(1, samples)));
      buffers.put("first", HostTensor.of(Shape.of(1, 1), new int[1]));
      buffers.put("right", HostTensor.of(Shape.of(models, 1), new int[models]));
      buffers.put("count/step", HostTensor.of(Shape.of(models, 1), new int[models]));
      buffers.put("attack/epsilon", column(trained, epsilon));
      double share = attack.map(Pgd::relativeStep).orElse(0.0);
      buffers.put("attack/step-size", column(trained, epsilon * share));
      buffers.share("key", trained.get("key"));
      for (Parameter p : setup.network().parameters()) {
        buffers.share("param/" + p.name(), trained.get(of + p.name()));
      }
      List<Sequence.Step> chunk = new ArrayList<>();
      chunk.add(Sequence.run(compile(device, draw(rows))));
      for (TrainingPrograms.Stage s :
          setup
              .method()
              .perturbation()
              .map(p -> TrainingPrograms.perturb(rows, p, device.sharedBytes()))
              .orElse(List.of())) {
        chunk.add(Sequence.repeat(s.times(), Sequence.run(compile(device, s.program()))));
      }
      chunk.add(Sequence.run(compile(device, count(rows))));
      int chunks = (samples + setup.batch() - 1) / setup.batch();
      this.all = device.sequence(List.of(new Sequence.Repeat(chunks, chunk)));
    } catch (RuntimeException | Error e) {
      executables.forEach(Executable::close);
      scope.close();
      throw e;
    }
  }

  private HostTensor column(TrainingBuffers trained, double v) {
    double[] values = new double[models];
    java.util.Arrays.fill(values, v);
    return trained.stored(HostTensor.of(Shape.of(models, 1), values));
  }

  private Executable compile(Device device, Program p) {
    Executable e = buffers.compile(device, p);
    executables.add(e);
    return e;
  }

  /** The next samples; behind the last one it is repeated and not counted. */
  private Program draw(Rows rows) {
    Program.Builder b = Program.builder("validation-batch");
    Inputs in = new Inputs(b, rows);
    Value first = in.ints("first", 1, 1);
    Value place = F.add(first, F.iota(2, 1, setup.batch()));
    Value ids = F.minimum(place, F.constant(place, samples - 1));
    Shape stored = setup.network().input().insert(0, samples).insert(0, 1);
    Value x = F.gather(in.real("data/x", stored), ids);
    Value everywhere = F.broadcast(ids, Shape.of(models, setup.batch()));
    b.output("batch/x", F.broadcast(x, setup.batchShape(models)));
    b.output(
        "batch/labels",
        F.broadcast(F.gather(in.ints("data/y", 1, samples), ids), everywhere.shape()));
    b.output("batch/ids", everywhere);
    return Simplify.run(b.build());
  }

  private Program count(Rows rows) {
    Program.Builder b = Program.builder("validation-count");
    Inputs in = new Inputs(b, rows);
    boolean attacked = setup.method().perturbation().isPresent();
    Value x = in.batch(attacked ? "batch/adversarial" : "batch/x");
    Value logits = setup.network().apply(in.parameters("param/"), x);
    Value best = F.reshape(F.argMax(logits, -1), Shape.of(models, setup.batch()));
    // NaN logits are never right.
    Value finite = F.isFinite(F.reshape(F.sum(logits, -1), best.shape()));
    Value first = in.ints("first", 1, 1);
    Value place = F.add(first, F.iota(2, 1, setup.batch()));
    Value counted = F.lt(place, F.constant(place, samples));
    Value hit = F.and(F.and(F.eq(best, in.labels()), finite), counted);
    Value right = in.ints("right", models, 1);
    b.state("right", F.add(right, F.sum(F.cast(hit, DType.I32), 1)));
    b.state("first", F.add(first, F.constant(first, setup.batch())));
    return Simplify.run(b.build());
  }

  /** Share of the samples that each model classifies correctly, in [0, 1]. */
  public double[] accuracy() {
    buffers.get("first").write(HostTensor.of(Shape.of(1, 1), new int[1]));
    buffers.get("right").write(HostTensor.of(Shape.of(models, 1), new int[models]));
    all.run();
    int[] right = buffers.get("right").read().ints();
    double[] share = new double[models];
    for (int m = 0; m < models; m++) {
      share[m] = right[m] / (double) samples;
    }
    return share;
  }

  void close() {
    all.close();
    executables.forEach(Executable::close);
    scope.close();
  }
}
