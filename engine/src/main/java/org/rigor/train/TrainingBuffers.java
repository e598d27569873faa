// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.rigor.exec.Buffer;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.ir.Program;
import org.rigor.nn.Parameter;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.workspace.Models;
import org.rigor.workspace.Workspace;

/** A training's device buffers, by the names of the programs' inputs. */
final class TrainingBuffers {
  private final TrainingSetup setup;
  private final List<ModelSetup> models;
  private final Workspace buffers;

  TrainingBuffers(TrainingSetup setup, List<ModelSetup> models, Workspace buffers) {
    this.setup = setup;
    this.models = models;
    this.buffers = buffers;
  }

  Buffer get(String name) {
    return buffers.get(name);
  }

  void put(String name, HostTensor value) {
    buffers.put(name, value);
  }

  /** Creates a buffer of zeros, which the device fills. */
  void zeros(String name, TensorType type) {
    buffers.declare(name, type);
  }

  /** Fills in the models' numbers and their state before the first step. */
  void fill(int total) {
    List<TrialKey> keys = models.stream().map(ModelSetup::key).toList();
    put("key", TrialKey.tensor(keys));
    for (Parameter p : setup.method().initialisation().of(setup.network())) {
      HostTensor start = stored(initial(p, keys));
      put("param/" + p.name(), start);
      if (setup.averaging() != Averaging.NONE) {
        zeros("average/" + p.name(), start.type());
        get("average/" + p.name()).write(get("param/" + p.name()), each(models.size()));
      }
    }
    state();
    hyper(total);
    numbers(total);
  }

  private static List<Integer> each(int models) {
    return IntStream.range(0, models).boxed().toList();
  }

  /** Returns the initial values, in double if a model sets an initial scale other than 1. */
  private HostTensor initial(Parameter p, List<TrialKey> keys) {
    HostTensor drawn = p.initial(keys);
    boolean random =
        p.start() instanceof Parameter.Uniform || p.start() instanceof Parameter.Normal;
    double[] scale =
        models.stream()
            .mapToDouble(s -> s.numbers(setup).get(TrainingSetup.INITIAL_SCALE))
            .toArray();
    if (!random || java.util.Arrays.stream(scale).allMatch(v -> v == 1)) {
      return drawn;
    }
    double[] values = drawn.toDouble().doubles();
    int n = values.length / scale.length;
    for (int i = 0; i < values.length; i++) {
      values[i] *= scale[i / n];
    }
    return HostTensor.of(drawn.shape(), values);
  }

  private void state() {
    int m = models.size();
    for (Parameter p : setup.network().parameters()) {
      for (String slot : p.buffer() ? List.<String>of() : setup.optimiser().slots()) {
        String name = "state/" + slot + "/" + p.name();
        zeros(name, p.type(m, setup.dtype()));
      }
    }
    setup.optimiser().globals().forEach(g -> put("state/" + g, column(i -> 1)));
    List.of("step", "position", "epoch").forEach(c -> put("count/" + c, integers(i -> 0)));
    put("count/limit", integers(i -> models.get(i).epochs() * setup.stepsPerEpoch()));
    int[] ones = new int[m];
    java.util.Arrays.fill(ones, 1);
    put("alive", new HostTensor(new TensorType(DType.BOOL, Shape.of(m, 1)), ones));
    put("loss/epoch-sum", column(i -> 0));
    if (setup.method().replay().isPresent()) {
      zeros("state/delta", new TensorType(setup.dtype(), setup.batchShape(m)));
      List.of("replay", "batch", "pass").forEach(c -> put("count/" + c, integers(i -> 0)));
    }
  }

  private void hyper(int total) {
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
            put("hyper/" + name, column(i -> models.get(i).hyper().getOrDefault(name, value))));
    put("hyper/label-smoothing", column(i -> models.get(i).labelSmoothing()));
    put("attack/epsilon", column(i -> models.get(i).epsilon()));
    put("attack/step-size", column(i -> models.get(i).epsilon() * models.get(i).relativeStep()));
    put(
        "hyper/learning-rate",
        table(
            total,
            (i, step, own) ->
                models.get(i).learningRate() * models.get(i).schedule().factor(step, own)));
  }

  /** Fills in the numbers of method, weight perturbation and averaging. */
  private void numbers(int total) {
    List<Map<String, Double>> own = models.stream().map(s -> s.numbers(setup)).toList();
    for (String name : setup.numbers().keySet()) {
      put("method/" + name, column(i -> finite(name, own.get(i).get(name))));
    }
    setup
        .method()
        .tables()
        .forEach(
            (name, f) ->
                put("table/" + name, table(total, (i, step, n) -> f.at(own.get(i), step, n))));
    if (setup.awp().isPresent()) {
      put(
          "limit/awp-warm-up",
          integers(i -> (int) (own.get(i).get("awp-warm-up") * setup.stepsPerEpoch())));
    }
    if (setup.averaging() == Averaging.SWA) {
      put("state/swa-count", column(i -> 0));
      put("limit/swa-from", integers(i -> from(own.get(i), models.get(i).epochs())));
    }
    for (ModelSetup s : models) {
      if (s.labelSmoothing() > 0 && !setup.method().smooths()) {
        throw new IllegalArgumentException(
            "training: "
                + setup.method().getClass().getSimpleName()
                + " takes no smoothed labels, got label smoothing "
                + s.labelSmoothing());
      }
    }
  }

  private static double finite(String name, double v) {
    if (!(v >= 0) || Double.isInfinite(v)) {
      throw new IllegalArgumentException(
          "training: '" + name + "' must be >= 0 and finite, got " + v);
    }
    return v;
  }

  private static int from(Map<String, Double> numbers, int epochs) {
    double start = numbers.get("swa-start");
    if (!(start < 1)) {
      throw new IllegalArgumentException(
          "training: the start of averaging (SWA), a share of the epochs, must lie in [0, 1), got "
              + start
              + ": no epoch would count");
    }
    return (int) Math.floor(start * epochs);
  }

  /** Returns the tensor in the training's floating type. */
  HostTensor stored(HostTensor t) {
    return setup.dtype() == DType.F32 ? t.toFloat() : t.toDouble();
  }

  private interface OfModel {
    double at(int model);
  }

  private interface OfStep {
    double at(int model, int step, int total);
  }

  private HostTensor column(OfModel f) {
    double[] values = new double[models.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = f.at(i);
    }
    return stored(HostTensor.of(Shape.of(values.length, 1), values));
  }

  private HostTensor integers(OfModel f) {
    int[] values = new int[models.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (int) f.at(i);
    }
    return HostTensor.of(Shape.of(values.length, 1), values);
  }

  /** Returns a table [M, total], zero after a model's last step. */
  private HostTensor table(int total, OfStep f) {
    double[] values = new double[models.size() * total];
    for (int i = 0; i < models.size(); i++) {
      int own = models.get(i).epochs() * setup.stepsPerEpoch();
      for (int t = 0; t < own; t++) {
        values[i * total + t] = f.at(i, t, own);
      }
    }
    return stored(HostTensor.of(Shape.of(models.size(), total), values));
  }

  /** Links a program; see {@link Workspace#link(Program)}. */
  Executable link(Program p) {
    return buffers.link(p);
  }

  /** Returns the parameters by name below a prefix, [M, shape...]. */
  Map<String, HostTensor> parameters(String prefix) {
    Map<String, HostTensor> values = new LinkedHashMap<>();
    for (Parameter p : setup.network().parameters()) {
      values.put(p.name(), buffers.get(prefix + p.name()).read());
    }
    return values;
  }

  /** Returns the same on the device; the caller closes it. */
  Models models(Device device, String prefix) {
    return Models.copy(device, setup.network(), p -> buffers.get(prefix + p.name()));
  }

  /** Returns all state that training changes. */
  Map<String, HostTensor> saved() {
    Map<String, HostTensor> values = new LinkedHashMap<>();
    buffers
        .all()
        .forEach(
            (name, b) -> {
              if (changes(name)) {
                values.put(name, b.read());
              }
            });
    return values;
  }

  /**
   * Restores what {@link #saved} returned.
   *
   * @throws IllegalArgumentException if a tensor is missing or has another type
   */
  void restore(Map<String, HostTensor> saved) {
    buffers
        .all()
        .forEach(
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
        || name.startsWith("average/")
        || name.startsWith("best/")
        || name.startsWith("state/")
        || name.startsWith("count/")
        || name.equals("alive")
        || name.startsWith("loss/");
  }
}
