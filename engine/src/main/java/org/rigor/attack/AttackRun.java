// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.ArrayList;
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

/** Buffers and programs of the run that proposes, for so many models and samples. */
final class AttackRun implements AutoCloseable {
  private final Device device;
  private final CurveAttack attack;
  private final int models;
  private final int samples;
  private final Scope scope;
  private final Map<String, Buffer> buffers = new LinkedHashMap<>();
  private final List<Executable> executables = new ArrayList<>();
  private final Sequence sequence;
  private boolean used;

  AttackRun(Device device, Network network, CurveAttack attack, int models, int samples) {
    this.device = device;
    this.attack = attack;
    this.models = models;
    this.samples = samples;
    SlotPrograms programs = new SlotPrograms(attack, network, models, samples);
    Program refill = programs.refill();
    Optional<Program> onChip = programs.stepsOnChip(device.sharedBytes());
    Program step = onChip.orElseGet(() -> programs.step(device.sharedBytes()));
    int calls = onChip.isPresent() ? 1 : attack.stride();
    this.scope = device.scope("attack");
    try {
      for (Program p : List.of(refill, step)) {
        p.inputs().forEach((name, v) -> declare(name, v.type()));
      }
      declare("busy", new TensorType(DType.I32, Shape.of(models, 1)));
      write("epsilons", epsilons());
      Executable first = compile(refill);
      Executable moves = compile(step);
      this.sequence =
          device.sequence(
              List.of(
                  new Sequence.WhileBusy(
                      buffers.get("busy"),
                      List.of(Sequence.run(first), Sequence.repeat(calls, Sequence.run(moves))))));
    } catch (RuntimeException | Error e) {
      release();
      throw e;
    }
  }

  /** Takes parameters, keys, samples and labels as {@link CurveAttacker#run} does. */
  void load(Map<String, HostTensor> params, List<TrialKey> keys, HostTensor x, HostTensor labels) {
    params.forEach((name, value) -> buffers.get("param/" + name).write(typed(value)));
    write("data/x", typed(x).reshape(x.shape().insert(0, 1)));
    write("data/y", labels.reshape(Shape.of(1, samples)));
    write("key", TrialKey.tensor(keys));
  }

  /** The class of each start, see {@link Targets}. */
  void aim(HostTensor targets) {
    write("data/targets", targets);
  }

  /** Of the type in which the attack runs. */
  private HostTensor typed(HostTensor t) {
    if (t.dtype() == attack.dtype()) {
      return t;
    }
    return attack.dtype() == DType.F32 ? t.toFloat() : t.toDouble();
  }

  private void declare(String name, TensorType type) {
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
          if (name.startsWith("slot/") || name.startsWith("result/") || name.startsWith("queue/")) {
            b.clear();
          }
        });
  }

  HostTensor read(String name) {
    return buffers.get(name).read();
  }

  @Override
  public void close() {
    sequence.close();
    release();
  }

  private void release() {
    executables.forEach(Executable::close);
    scope.close();
  }

  private HostTensor epsilons() {
    int levels = attack.epsilons().size();
    double[] epsilons = new double[levels];
    for (int e = 0; e < levels; e++) {
      double own = attack.epsilons().get(e);
      epsilons[e] = attack.dtype() == DType.F32 ? below(own) : own;
    }
    return typed(HostTensor.of(Shape.of(1, levels), epsilons));
  }

  /** Largest float not above a double, so that a step in float stays in the ball of the double. */
  private static float below(double epsilon) {
    float f = (float) epsilon;
    return f > epsilon ? Math.nextDown(f) : f;
  }
}
