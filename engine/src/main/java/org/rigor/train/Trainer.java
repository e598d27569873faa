// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rigor.attack.FixedAttack;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.Sequence;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Parameter;
import org.rigor.op.F;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.workspace.Models;
import org.rigor.workspace.Workspace;

/**
 * Trains M models at once, as rows of the model axis. A row stops after its own epochs or when its
 * loss is no longer finite. Each row is bit-identical to the same row trained alone (with the same
 * matrix product provider).
 */
public final class Trainer implements AutoCloseable {
  private static final String FINITE = "finite";

  private final TrainingSetup setup;
  private final List<ModelSetup> models;
  private final Workspace space;
  private final TrainingBuffers buffers;
  private final List<Runnable> closeables = new ArrayList<>();
  private final Device device;
  private final int slabSteps;
  private final Sequence epoch;
  private final Slabs slabs;
  private Executable finite;
  private boolean attacksOnChip;
  private boolean derivesOnChip;

  /** Creates a trainer with all samples on the device. */
  public Trainer(
      Device device,
      TrainingSetup setup,
      List<ModelSetup> models,
      HostTensor x,
      HostTensor labels) {
    this(device, setup, models, x, labels, 0);
  }

  /**
   * Creates a trainer; results do not depend on where the samples are kept.
   *
   * @param x training inputs [N, features...]
   * @param labels I32 [N], each in [0, outputs)
   * @param slabSteps 0 to keep all samples on the device; else they stay on the host, and those of
   *     this many steps at a time are copied
   */
  public Trainer(
      Device device,
      TrainingSetup setup,
      List<ModelSetup> models,
      HostTensor x,
      HostTensor labels,
      int slabSteps) {
    this.device = device;
    this.setup = setup;
    this.models = List.copyOf(models);
    this.slabSteps = Math.min(slabSteps, setup.stepsPerEpoch());
    if (slabSteps > 0 && setup.method().replay().isPresent()) {
      throw new IllegalArgumentException(
          "training: a method that replays batches needs all samples on the device");
    }
    this.space = new Workspace(device, "training", setup.products());
    this.buffers = new TrainingBuffers(setup, this.models, space);
    try {
      List<Sequence.Step> step = build(device, x, labels);
      if (slabSteps == 0) {
        this.epoch = space.loop(setup.stepsPerEpoch(), step);
        this.slabs = null;
      } else {
        this.epoch = null;
        this.slabs = slabs(buffers.stored(x), step);
      }
    } catch (RuntimeException | Error e) {
      space.close();
      throw e;
    }
  }

  /**
   * Traces the programs of a step without computing anything.
   *
   * @throws org.rigor.ir.MissingRuleException if the method needs a rule that an operation of the
   *     network does not have
   */
  public static void requireRules(TrainingSetup setup) {
    TrainingPrograms.step(new Rows(setup, 1, setup.stepsPerEpoch()), 0, 0, 1);
  }

  private Slabs slabs(HostTensor x, List<Sequence.Step> step) {
    int rest = setup.stepsPerEpoch() % slabSteps;
    return new Slabs(
        setup,
        x,
        models.stream().map(ModelSetup::key).toList(),
        slabSteps,
        buffers.get("slab/x"),
        buffers.get("slab/first"),
        space.loop(slabSteps, step),
        rest == 0 ? null : space.loop(rest, step));
  }

  /** Returns the programs of one step. */
  private List<Sequence.Step> build(Device device, HostTensor x, HostTensor labels) {
    Rows rows = new Rows(setup, models.size(), epochs() * setup.stepsPerEpoch());
    if (slabSteps == 0) {
      buffers.put("data/x", buffers.stored(x).reshape(x.shape().insert(0, 1)));
    } else {
      Shape slab = BatchProgram.slabShape(rows, slabSteps);
      buffers.zeros("slab/x", new TensorType(setup.dtype(), slab));
      buffers.put("slab/first", HostTensor.of(Shape.of(1, 1), new int[1]));
    }
    buffers.put("data/y", labels.reshape(Shape.of(1, setup.samples())));
    buffers.fill(rows.steps());
    List<TrainingPrograms.Stage> stages =
        TrainingPrograms.step(rows, slabSteps, device.sharedBytes(), device.modelsAtOnce());
    attacksOnChip = TrainingPrograms.attacksOnChip(stages);
    derivesOnChip = TrainingPrograms.derivesOnChip(stages);
    List<Sequence.Step> steps = new ArrayList<>();
    for (TrainingPrograms.Stage stage : stages) {
      Executable e = space.link(stage.program(), stage.passes());
      steps.add(
          stage.times() == 1 ? Sequence.run(e) : Sequence.repeat(stage.times(), Sequence.run(e)));
    }
    return List.copyOf(steps);
  }

  /** Returns whether the attack runs as one kernel ({@link org.rigor.nn.mlp.MlpAttack}). */
  public boolean attacksOnChip() {
    return attacksOnChip;
  }

  /**
   * Returns whether a fused kernel computes the gradient ({@link org.rigor.nn.mlp.MlpGradient}).
   */
  public boolean derivesOnChip() {
    return derivesOnChip;
  }

  /** Runs one epoch of every row that is still active. */
  public void epoch() {
    if (slabs == null) {
      epoch.run();
    } else {
      // Finished rows do not advance; all others are in the same epoch.
      int[] epochs = buffers.get("count/epoch").read().ints();
      slabs.run(Arrays.stream(epochs).max().orElseThrow(), setup.stepsPerEpoch());
    }
  }

  /** Ends a row's training after the current epoch, freezing it as if its epochs were over. */
  public void stop(int model) {
    int[] limit = buffers.get("count/limit").read().ints().clone();
    limit[model] = buffers.get("count/step").read().ints()[model];
    buffers.get("count/limit").write(HostTensor.of(Shape.of(limit.length, 1), limit));
  }

  /** Returns the number of epochs until the last row is done. */
  public int epochs() {
    return models.stream().mapToInt(ModelSetup::epochs).max().orElseThrow();
  }

  /** Returns each model's mean training loss over its last epoch. */
  public double[] loss() {
    HostTensor sum = buffers.get("loss/epoch-sum").read();
    double[] loss = new double[models.size()];
    for (int m = 0; m < loss.length; m++) {
      loss[m] = sum.get(m) / setup.stepsPerEpoch();
    }
    return loss;
  }

  /** Returns false for each model whose loss or parameters became infinite or NaN. */
  public boolean[] alive() {
    if (finite == null) {
      finite = space.link(finite());
    }
    finite.run();
    HostTensor a = space.read(FINITE);
    boolean[] alive = new boolean[models.size()];
    for (int m = 0; m < alive.length; m++) {
      alive[m] = a.get(m) != 0;
    }
    return alive;
  }

  /** Traces {@link #alive}: no loss has been computed since the last update. */
  private Program finite() {
    Program.Builder b = Program.builder("finite");
    Value alive = b.input("alive", buffers.get("alive").type());
    for (Parameter p : setup.network().parameters()) {
      Value w = b.input("param/" + p.name(), buffers.get("param/" + p.name()).type());
      int n = Math.toIntExact(p.shape().size());
      Value flat = F.reshape(w, Shape.of(models.size(), n));
      alive = F.and(alive, F.isFinite(F.maxNorm(flat, 1)));
    }
    return b.output(FINITE, alive).build();
  }

  /** Returns the networks as they are now, copied on the device; the caller closes them. */
  public Models models() {
    return buffers.models(device, "param/");
  }

  /**
   * Returns the networks with the averages of their parameters, likewise.
   *
   * @throws IllegalStateException if the setup keeps none
   */
  public Models averageModels() {
    return buffers.models(device, prefix(true));
  }

  /** Returns parameters and buffers by name, [M, shape...]. */
  public Map<String, HostTensor> parameters() {
    return buffers.parameters("param/");
  }

  /**
   * Returns the averages of the parameters, likewise.
   *
   * @throws IllegalStateException if the setup keeps none
   */
  public Map<String, HostTensor> averages() {
    return buffers.parameters(prefix(true));
  }

  /**
   * Keeps the weights of each model's best epoch by a score that {@link Snapshots#offer} is given.
   * Ask for it before {@link #restore}, which restores the snapshots too.
   *
   * @param name unique among the snapshots of this training
   * @param averages whether to keep the averages instead of the weights
   */
  public Snapshots snapshots(String name, boolean averages) {
    Rows rows = new Rows(setup, models.size(), 1);
    return new Snapshots(device, rows, buffers, name, prefix(averages));
  }

  /**
   * Prepares the accuracy of all models on other samples.
   *
   * @param averages whether to measure the averages instead of the weights
   * @param x [N, input...]
   * @param y I32 [N]
   * @param batch samples at a time
   * @param attack empty for clean samples
   */
  public Validation validation(
      boolean averages, HostTensor x, HostTensor y, int batch, Optional<FixedAttack> attack) {
    Validation v =
        new Validation(
            device, setup, buffers, models.size(), prefix(averages), x, y, batch, attack);
    closeables.add(v::close);
    return v;
  }

  private String prefix(boolean averages) {
    if (averages && setup.averaging() == Averaging.NONE) {
      throw new IllegalStateException("this training keeps no average of its weights");
    }
    return averages ? "average/" : "param/";
  }

  /** Returns the content of a program buffer; for tests. */
  HostTensor read(String name) {
    return buffers.get(name).read();
  }

  /** Returns all state that training changes; {@link #restore} continues from it bit for bit. */
  public Map<String, HostTensor> state() {
    return buffers.saved();
  }

  /**
   * Continues from a saved {@link #state}.
   *
   * @throws IllegalArgumentException if a tensor is missing or has another type
   */
  public void restore(Map<String, HostTensor> saved) {
    buffers.restore(saved);
  }

  @Override
  public void close() {
    closeables.forEach(Runnable::run);
    space.close();
  }
}
