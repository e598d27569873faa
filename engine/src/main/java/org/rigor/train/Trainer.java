// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rigor.attack.Pgd;
import org.rigor.exec.Buffer;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.Scope;
import org.rigor.exec.Sequence;
import org.rigor.ir.Program;
import org.rigor.nn.Parameter;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * Trains M models at once, as rows of the model axis. A row stops after its own epochs or when its
 * loss is no longer finite, and equals bit by bit the row trained alone (for one provider of matrix
 * products).
 */
public final class Trainer implements AutoCloseable {
  private final TrainingSetup setup;
  private final List<ModelSetup> models;
  private final Scope scope;
  private final Map<String, Buffer> buffers = new LinkedHashMap<>();
  private final List<Executable> executables = new ArrayList<>();
  private final int slabSteps;
  private final Sequence epoch;
  private final Slabs slabs;
  private boolean attacksOnChip;
  private boolean derivesOnChip;

  /** With all samples on the device. */
  public Trainer(
      Device device,
      TrainingSetup setup,
      List<ModelSetup> models,
      HostTensor x,
      HostTensor labels) {
    this(device, setup, models, x, labels, 0);
  }

  /**
   * Results do not depend on where the samples lie.
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
    this.setup = setup;
    this.models = List.copyOf(models);
    this.slabSteps = Math.min(slabSteps, setup.stepsPerEpoch());
    this.scope = device.scope("training");
    try {
      List<Sequence.Step> step = build(device, x, labels);
      if (slabSteps == 0) {
        this.epoch = repeated(device, setup.stepsPerEpoch(), step);
        this.slabs = null;
      } else {
        this.epoch = null;
        this.slabs = slabs(device, stored(x), step);
      }
    } catch (RuntimeException | Error e) {
      executables.forEach(Executable::close);
      scope.close();
      throw e;
    }
  }

  private static Sequence repeated(Device device, int count, List<Sequence.Step> steps) {
    return device.sequence(List.of(new Sequence.Repeat(count, steps)));
  }

  private Slabs slabs(Device device, HostTensor x, List<Sequence.Step> step) {
    int rest = setup.stepsPerEpoch() % slabSteps;
    return new Slabs(
        setup,
        x,
        models.stream().map(ModelSetup::key).toList(),
        slabSteps,
        buffers.get("slab/x"),
        buffers.get("slab/first"),
        repeated(device, slabSteps, step),
        rest == 0 ? null : repeated(device, rest, step));
  }

  /** The programs of one step. */
  private List<Sequence.Step> build(Device device, HostTensor x, HostTensor labels) {
    int m = models.size();
    int total = epochs() * setup.stepsPerEpoch();
    TrainingPrograms programs =
        new TrainingPrograms(setup, m, total, slabSteps, device.sharedBytes());
    if (slabSteps == 0) {
      put("data/x", stored(x).reshape(x.shape().insert(0, 1)));
    } else {
      put("slab/x", HostTensor.zeros(new TensorType(setup.dtype(), programs.slabShape())));
      put("slab/first", HostTensor.of(Shape.of(1, 1), new int[1]));
    }
    put("data/y", labels.reshape(Shape.of(1, setup.samples())));
    List<TrialKey> keys = models.stream().map(ModelSetup::key).toList();
    put("key", TrialKey.tensor(keys));
    setup.network().initial(keys).forEach((name, v) -> put("param/" + name, stored(v)));
    putState(m);
    putHyper(m, total);
    derivesOnChip = programs.derivesOnChip();
    List<Sequence.Step> steps = new ArrayList<>();
    steps.add(Sequence.run(compile(device, programs.batch())));
    if (setup.attack().isPresent()) {
      Pgd pgd = setup.attack().get();
      Optional<Program> onChip = programs.attackOnChip(pgd);
      attacksOnChip = onChip.isPresent();
      if (attacksOnChip) {
        steps.add(Sequence.run(compile(device, onChip.get())));
      } else {
        steps.add(Sequence.run(compile(device, programs.start(pgd))));
        Executable attack = compile(device, programs.attack(pgd));
        steps.add(Sequence.repeat(pgd.steps(), Sequence.run(attack)));
      }
    }
    steps.add(Sequence.run(compile(device, programs.update())));
    return List.copyOf(steps);
  }

  private void putState(int m) {
    for (Parameter p : setup.network().parameters()) {
      for (String slot : p.buffer() ? List.<String>of() : setup.optimiser().slots()) {
        String name = "state/" + slot + "/" + p.name();
        put(name, HostTensor.zeros(p.type(m, setup.dtype())));
      }
    }
    setup.optimiser().globals().forEach(g -> put("state/" + g, column(m, i -> 1)));
    for (String counter : List.of("step", "position", "epoch")) {
      put("count/" + counter, HostTensor.of(Shape.of(m, 1), new int[m]));
    }
    int[] limit = new int[m];
    int[] ones = new int[m];
    for (int i = 0; i < m; i++) {
      limit[i] = models.get(i).epochs() * setup.stepsPerEpoch();
      ones[i] = 1;
    }
    put("count/limit", HostTensor.of(Shape.of(m, 1), limit));
    put("alive", new HostTensor(new TensorType(DType.BOOL, Shape.of(m, 1)), ones));
    put("loss/epoch-sum", column(m, i -> 0));
  }

  private void putHyper(int m, int total) {
    Map<String, Double> usual = setup.optimiser().hyper();
    for (ModelSetup s : models) {
      for (String name : s.hyper().keySet()) {
        if (!usual.containsKey(name)) {
          throw new IllegalArgumentException(
              "the optimiser has no '" + name + "'; it has " + usual.keySet());
        }
      }
    }
    usual.forEach(
        (name, value) ->
            put("hyper/" + name, column(m, i -> models.get(i).hyper().getOrDefault(name, value))));
    put("hyper/label-smoothing", column(m, i -> models.get(i).labelSmoothing()));
    put("attack/epsilon", column(m, i -> models.get(i).epsilon()));
    put("attack/step-size", column(m, i -> models.get(i).epsilon() * models.get(i).relativeStep()));
    double[] rates = new double[m * total];
    for (int i = 0; i < m; i++) {
      ModelSetup s = models.get(i);
      int own = s.epochs() * setup.stepsPerEpoch();
      for (int t = 0; t < own; t++) {
        rates[i * total + t] = s.learningRate() * s.schedule().factor(t, own);
      }
    }
    put("hyper/learning-rate", stored(HostTensor.of(Shape.of(m, total), rates)));
  }

  /** In the floating type of the training. */
  private HostTensor stored(HostTensor t) {
    return setup.dtype() == DType.F32 ? t.toFloat() : t.toDouble();
  }

  private interface PerModel {
    double at(int model);
  }

  private HostTensor column(int m, PerModel f) {
    double[] values = new double[m];
    for (int i = 0; i < m; i++) {
      values[i] = f.at(i);
    }
    return stored(HostTensor.of(Shape.of(m, 1), values));
  }

  private void put(String name, HostTensor value) {
    buffers.put(name, scope.buffer(name, value));
  }

  private Executable compile(Device device, Program p) {
    Map<String, Buffer> bound = new LinkedHashMap<>();
    for (String name : p.inputs().keySet()) {
      Buffer b = buffers.get(name);
      if (b == null) {
        throw new IllegalStateException(p.name() + ": nothing was put into '" + name + "'");
      }
      bound.put(name, b);
    }
    p.outputs()
        .forEach(
            (name, v) -> {
              if (!p.state().containsKey(name)) {
                bound.put(name, buffers.computeIfAbsent(name, n -> scope.buffer(n, v.type())));
              }
            });
    Executable e = device.compile(p, bound);
    executables.add(e);
    return e;
  }

  /** Whether the attack runs as one kernel on the chip ({@link org.rigor.nn.mlp.MlpAttack}). */
  public boolean attacksOnChip() {
    return attacksOnChip;
  }

  /** Whether the loss is derived on the chip ({@link org.rigor.nn.mlp.MlpGradient}). */
  public boolean derivesOnChip() {
    return derivesOnChip;
  }

  /** Runs one epoch of every row that is still active. */
  public void epoch() {
    if (slabs == null) {
      epoch.run();
    } else {
      // Rows that are done stand still; the others are in the same epoch.
      int[] epochs = buffers.get("count/epoch").read().ints();
      slabs.run(Arrays.stream(epochs).max().orElseThrow(), setup.stepsPerEpoch());
    }
  }

  /** Epochs until the last row is done. */
  public int epochs() {
    return models.stream().mapToInt(ModelSetup::epochs).max().orElseThrow();
  }

  /** Mean training loss of each model's last epoch, on the samples it was trained on. */
  public double[] loss() {
    HostTensor sum = buffers.get("loss/epoch-sum").read();
    double[] loss = new double[models.size()];
    for (int m = 0; m < loss.length; m++) {
      loss[m] = sum.get(m) / setup.stepsPerEpoch();
    }
    return loss;
  }

  /** False for each model whose loss or parameters became infinite or NaN. */
  public boolean[] alive() {
    HostTensor a = buffers.get("alive").read();
    boolean[] alive = new boolean[models.size()];
    for (int m = 0; m < alive.length; m++) {
      alive[m] = a.get(m) != 0;
    }
    // No loss has seen what the last update left.
    for (HostTensor p : parameters().values()) {
      int n = (int) (p.shape().size() / alive.length);
      for (int i = 0; i < n * alive.length; i++) {
        alive[i / n] &= Double.isFinite(p.get(i));
      }
    }
    return alive;
  }

  /** Parameters by name, buffers among them, [M, shape...]. */
  public Map<String, HostTensor> parameters() {
    Map<String, HostTensor> values = new LinkedHashMap<>();
    for (Parameter p : setup.network().parameters()) {
      values.put(p.name(), buffers.get("param/" + p.name()).read());
    }
    return values;
  }

  /** Everything that changes during training; {@link #restore} continues bit for bit from it. */
  public Map<String, HostTensor> state() {
    Map<String, HostTensor> values = new LinkedHashMap<>();
    buffers.forEach(
        (name, b) -> {
          if (changes(name)) {
            values.put(name, b.read());
          }
        });
    return values;
  }

  /**
   * Continues from a saved {@link #state}.
   *
   * @throws IllegalArgumentException if a tensor is missing or has another type
   */
  public void restore(Map<String, HostTensor> saved) {
    buffers.forEach(
        (name, b) -> {
          if (changes(name)) {
            HostTensor value = saved.get(name);
            if (value == null) {
              throw new IllegalArgumentException("saved training state lacks '" + name + "'");
            }
            b.write(value);
          }
        });
  }

  private static boolean changes(String name) {
    return name.startsWith("param/")
        || name.startsWith("state/")
        || name.startsWith("count/")
        || name.equals("alive")
        || name.startsWith("loss/");
  }

  @Override
  public void close() {
    if (slabs == null) {
      epoch.close();
    } else {
      slabs.close();
    }
    executables.forEach(Executable::close);
    scope.close();
  }
}
