// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rigor.exec.Buffer;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.Scope;
import org.rigor.exec.Sequence;
import org.rigor.ir.Program;
import org.rigor.nn.Network;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * Runs a {@link CurveAttack} on M models and N samples. The float run proposes; every success is
 * re-evaluated, unfused and in double, by {@link WitnessCheck} before it counts. A candidate that
 * the check does not confirm is counted as ambiguous and its sample is attacked again from the next
 * larger epsilon on. The clean point is the first candidate of all: a sample that is misclassified
 * without an attack falls at the first epsilon, wherever the attack starts.
 */
public final class CurveAttacker {
  private final Device device;
  private final Network network;
  private final CurveAttack attack;

  public CurveAttacker(Device device, Network network, CurveAttack attack) {
    this.device = device;
    this.network = network;
    this.attack = attack;
  }

  /**
   * Whether the steps between two refills run as one kernel on the chip ({@link
   * org.rigor.nn.mlp.MlpAttack}).
   */
  public boolean onChip(int models, int samples) {
    return new SlotPrograms(attack, network, models, samples)
        .stepsOnChip(device.sharedBytes())
        .isPresent();
  }

  /**
   * @param params by name, [M, shape...]; the float run rounds them, the check does not
   * @param keys one a model
   * @param x [N, features...], inside the box; rounded like the parameters
   * @param labels I32 [N]
   * @throws IllegalArgumentException if an input lies outside the box
   */
  public CurveResult run(
      Map<String, HostTensor> params, List<TrialKey> keys, HostTensor x, HostTensor labels) {
    requireInBox(x);
    int models = keys.size();
    int samples = x.shape().dim(0);
    int levels = attack.epsilons().size();
    int[][] start = new int[models][samples];
    int[][] survived = new int[models][samples];
    int[][] iterations = new int[models][samples];
    double[][][] witness = new double[models][samples][];
    double[][] distance = new double[models][samples];
    for (double[] d : distance) {
      Arrays.fill(d, Double.NaN);
    }
    int[] ambiguous = new int[models];
    boolean[][] undefined = new boolean[models][samples];
    try (WitnessCheck check = new WitnessCheck(device, network, attack.pgd().norm(), params);
        Scope scope = device.scope("attack");
        Runner runner = new Runner(scope, params, keys, x, labels)) {
      WitnessCheck.Result clean = check.clean(x, labels);
      boolean again = false;
      for (int m = 0; m < models; m++) {
        for (int n = 0; n < samples; n++) {
          if (clean.holds(m, n)) {
            witness[m][n] = clean.point(m, n);
            distance[m][n] = 0;
            undefined[m][n] = clean.undefined(m, n);
            start[m][n] = levels;
          }
          again |= start[m][n] < levels;
        }
      }
      while (again) {
        runner.run(start);
        HostTensor fell = runner.read("result/survived");
        HostTensor points = runner.read("result/witness");
        HostTensor steps = runner.read("result/iterations");
        WitnessCheck.Result confirmed = check.run(attack, start, fell, points, x, labels);
        again = false;
        for (int m = 0; m < models; m++) {
          for (int n = 0; n < samples; n++) {
            if (start[m][n] >= levels) {
              continue;
            }
            int level = (int) fell.get(m * samples + n);
            boolean rejected = level < levels && !confirmed.holds(m, n);
            survived[m][n] = rejected ? level + 1 : level;
            if (rejected) {
              ambiguous[m]++;
              again |= level + 1 < levels;
            } else if (level < levels) {
              witness[m][n] = confirmed.point(m, n);
              distance[m][n] = confirmed.distance(m, n);
              undefined[m][n] = confirmed.undefined(m, n);
              iterations[m][n] = (int) steps.get(m * samples + n);
            }
            start[m][n] = rejected ? level + 1 : levels;
          }
        }
      }
    }
    return new CurveResult(survived, witness, distance, iterations, ambiguous, undefined);
  }

  private void requireInBox(HostTensor x) {
    int n = Math.toIntExact(x.shape().size());
    double lower = attack.box().lower();
    double upper = attack.box().upper();
    boolean inside = true;
    if (x.array() instanceof float[] f) {
      for (int i = 0; i < n; i++) {
        inside &= f[i] >= lower && f[i] <= upper;
      }
    } else {
      for (int i = 0; i < n; i++) {
        inside &= x.get(i) >= lower && x.get(i) <= upper;
      }
    }
    for (int i = 0; !inside && i < n; i++) {
      double v = x.get(i);
      if (!(v >= lower && v <= upper)) {
        throw new IllegalArgumentException(
            "attack: inputs must lie in [" + lower + ", " + upper + "], element " + i + " is " + v);
      }
    }
  }

  /** Buffers and programs of one set of models and samples. */
  private final class Runner implements AutoCloseable {
    private final int models;
    private final int samples;
    private final Map<String, Buffer> buffers = new LinkedHashMap<>();
    private final List<Executable> executables = new ArrayList<>();
    private final Sequence sequence;
    private boolean used;

    Runner(
        Scope scope,
        Map<String, HostTensor> params,
        List<TrialKey> keys,
        HostTensor x,
        HostTensor labels) {
      this.models = keys.size();
      this.samples = x.shape().dim(0);
      SlotPrograms programs = new SlotPrograms(attack, network, models, samples);
      Program refill = programs.refill();
      Optional<Program> onChip = programs.stepsOnChip(device.sharedBytes());
      Program step = onChip.orElseGet(programs::step);
      int calls = onChip.isPresent() ? 1 : attack.stride();
      for (Program p : List.of(refill, step)) {
        p.inputs().forEach((name, v) -> declare(scope, name, v.type()));
      }
      declare(scope, "busy", new TensorType(DType.I32, Shape.of(models, 1)));
      params.forEach((name, value) -> buffers.get("param/" + name).write(value.toFloat()));
      HostTensor floats = x.dtype() == DType.F32 ? x : x.toFloat();
      write("data/x", floats.reshape(x.shape().insert(0, 1)));
      write("data/y", labels.reshape(Shape.of(1, samples)));
      write("key", TrialKey.tensor(keys));
      float[] epsilons = new float[attack.epsilons().size()];
      for (int e = 0; e < epsilons.length; e++) {
        epsilons[e] = below(attack.epsilons().get(e));
      }
      write("epsilons", HostTensor.of(Shape.of(1, epsilons.length), epsilons));
      Executable first = compile(refill);
      Executable moves = compile(step);
      this.sequence =
          device.sequence(
              List.of(
                  new Sequence.WhileBusy(
                      buffers.get("busy"),
                      List.of(Sequence.run(first), Sequence.repeat(calls, Sequence.run(moves))))));
    }

    private void declare(Scope scope, String name, TensorType type) {
      buffers.computeIfAbsent(name, n -> scope.buffer(n, type));
    }

    private void write(String name, HostTensor value) {
      if (buffers.containsKey(name)) {
        buffers.get(name).write(value);
      }
    }

    private Executable compile(Program p) {
      Map<String, Buffer> bound = new LinkedHashMap<>();
      p.inputs().keySet().forEach(name -> bound.put(name, buffers.get(name)));
      p.outputs().keySet().stream()
          .filter(name -> !p.state().containsKey(name))
          .forEach(name -> bound.put(name, buffers.get(name)));
      Executable e = device.compile(p, bound);
      executables.add(e);
      return e;
    }

    void run(int[][] start) {
      if (used) {
        clear();
      }
      used = true;
      int[] flat = new int[models * samples];
      for (int m = 0; m < models; m++) {
        System.arraycopy(start[m], 0, flat, m * samples, samples);
      }
      write("start-level", HostTensor.of(Shape.of(models, samples), flat));
      sequence.run();
    }

    /** As new buffers are. */
    private void clear() {
      buffers.forEach(
          (name, b) -> {
            if (name.startsWith("slot/")
                || name.startsWith("result/")
                || name.startsWith("queue/")) {
              b.write(HostTensor.zeros(b.type()));
            }
          });
    }

    HostTensor read(String name) {
      return buffers.get(name).read();
    }

    @Override
    public void close() {
      sequence.close();
      executables.forEach(Executable::close);
    }
  }

  /** Largest float not above a double, so that a step in float stays in the ball of the double. */
  private static float below(double epsilon) {
    float f = (float) epsilon;
    return f > epsilon ? Math.nextDown(f) : f;
  }
}
