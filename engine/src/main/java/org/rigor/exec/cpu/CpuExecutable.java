// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.rigor.exec.Buffer;
import org.rigor.exec.CompileOptions;
import org.rigor.exec.Executable;
import org.rigor.exec.plan.Bindings;
import org.rigor.exec.plan.Plan;
import org.rigor.exec.plan.PlanStep;
import org.rigor.exec.plan.Slot;
import org.rigor.ir.Program;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * A program on the CPU. If it has several models, more than half as many as threads, and every
 * step's result is per model, each thread runs the whole program model by model, and the arena
 * holds one model per thread. Otherwise the arena holds all models and each step is cut among the
 * threads.
 */
final class CpuExecutable implements Executable {
  /** Elementary operations below which waking another thread costs more than it gains. */
  private static final long WORTH_CUTTING = 60_000;

  private final CpuDevice device;
  private final Plan plan;
  private final CompileOptions options;
  private final Map<Integer, CpuBuffer> bound = new HashMap<>();
  private final Map<Plan.SlabKey, Object> sharedSlabs = new HashMap<>();
  private final List<PlanStep> steps;
  private final List<StepKernel> kernels = new ArrayList<>();
  private final boolean byModel;
  private final Frame[] frames;
  private boolean closed;

  CpuExecutable(
      CpuDevice device, Plan plan, Map<Integer, CpuBuffer> bindings, CompileOptions options) {
    this.device = device;
    this.plan = plan;
    this.options = options;
    this.steps = plan.single();
    this.byModel =
        plan.models() > 1
            && 2 * plan.models() > device.workers().count()
            && steps.stream().allMatch(s -> s.models() > 1);
    for (Slot s : plan.slots()) {
      if (!s.inArena()) {
        CpuBuffer own = new CpuBuffer(s.name(), plan.boundType(s));
        bound.put(s.id(), bindings.getOrDefault(s.id(), own));
      }
    }
    plan.slabs()
        .forEach(
            (key, n) -> {
              if (!key.perModel()) {
                sharedSlabs.put(key, slab(key, n));
              }
            });
    this.frames = new Frame[byModel ? device.workers().count() : 1];
    for (int t = 0; t < frames.length; t++) {
      frames[t] = frame();
    }
    steps.forEach(s -> kernels.add(device.kernel(s)));
    for (PlanStep s : plan.constants()) {
      device.kernel(s).run(frames[0], 0, 1, 0, 1);
    }
  }

  private static Object slab(Plan.SlabKey key, long elements) {
    return HostTensor.zeros(
            new TensorType(key.dtype(), Shape.of(Math.toIntExact(Math.max(1, elements)))))
        .array();
  }

  private Frame frame() {
    int window = byModel ? 1 : plan.models();
    Map<Plan.SlabKey, Object> slabs = new HashMap<>(sharedSlabs);
    plan.slabs()
        .forEach(
            (key, n) -> {
              if (key.perModel()) {
                slabs.put(key, slab(key, Math.multiplyExact(n, (long) window)));
              }
            });
    int n = plan.slots().size();
    Object[] arrays = new Object[n];
    int[] bases = new int[n];
    boolean[] windowed = new boolean[n];
    for (Slot s : plan.slots()) {
      if (s.inArena()) {
        arrays[s.id()] = slabs.get(Plan.slab(s));
        windowed[s.id()] = byModel && s.models() > 1;
        bases[s.id()] = Math.toIntExact(s.arenaOffset() * (s.models() > 1 ? window : 1));
      } else {
        arrays[s.id()] = bound.get(s.id()).array();
      }
    }
    return new Frame(arrays, bases, windowed);
  }

  /**
   * Returns whether one thread can run the whole program for one model without waiting for others.
   */
  boolean byModel() {
    return byModel;
  }

  int models() {
    return plan.models();
  }

  /** Runs the whole program for one model on thread {@code thread} of the pool. */
  void runModel(int thread, int model) {
    Frame f = frames[thread];
    f.origin(model);
    for (int s = 0; s < kernels.size(); s++) {
      kernels.get(s).run(f, model, model + 1, 0, 1);
      checkFinite(s, f, model, model + 1);
    }
  }

  @Override
  public void run() {
    checkOpen();
    if (byModel) {
      device.forEachModel(plan.models(), this::runModel);
      return;
    }
    int threads = device.workers().count();
    for (int s = 0; s < kernels.size(); s++) {
      StepKernel k = kernels.get(s);
      int models = steps.get(s).models();
      if (threads == 1 || k.cost() * models < WORTH_CUTTING) {
        k.run(frames[0], 0, models, 0, 1);
      } else {
        device.workers().parallel(threads, part -> k.run(frames[0], 0, models, part, threads));
      }
      checkFinite(s, frames[0], 0, models);
    }
  }

  private void checkFinite(int s, Frame f, int from, int to) {
    if (!options.checkNan()) {
      return;
    }
    PlanStep step = steps.get(s);
    Slot slot = plan.slots().get(step.output().slot());
    if (!slot.dtype().isFloating()) {
      return;
    }
    Object array = f.array(step.output());
    for (int m = from; m < to; m++) {
      int at = f.offset(step.output(), m);
      for (int i = 0; i < slot.perModel(); i++) {
        double x = array instanceof float[] a ? a[at + i] : ((double[]) array)[at + i];
        if (!Double.isFinite(x)) {
          throw plan.notFinite(step, x, i, m);
        }
      }
    }
  }

  @Override
  public Program program() {
    return plan.program();
  }

  @Override
  public Buffer input(String name) {
    checkOpen();
    return bound.get(Bindings.input(plan, name));
  }

  @Override
  public Buffer output(String name) {
    checkOpen();
    return bound.get(Bindings.output(plan, name));
  }

  @Override
  public long arenaBytes() {
    return plan.arenaBytes() / plan.models() * (byModel ? frames.length : plan.models());
  }

  void checkOpen() {
    if (closed) {
      throw new IllegalStateException("executable " + plan.program().name() + " is closed");
    }
  }

  @Override
  public void close() {
    closed = true;
    device.released(this);
  }

  @Override
  public String toString() {
    return "executable " + plan.program().name();
  }
}
