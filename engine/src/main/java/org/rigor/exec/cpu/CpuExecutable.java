// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;
import org.rigor.exec.Buffer;
import org.rigor.exec.CompileOptions;
import org.rigor.exec.Executable;
import org.rigor.exec.plan.Bindings;
import org.rigor.exec.plan.Operand;
import org.rigor.exec.plan.Plan;
import org.rigor.exec.plan.PlanStep;
import org.rigor.exec.plan.Slot;
import org.rigor.ir.Program;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * A program on the CPU. If it has several models, more than half as many as threads, each thread
 * runs the whole program model by model, and the arena holds one model per thread; the little that
 * is the same for all models is computed for each again. Otherwise the arena holds all models and
 * each step is cut among the threads.
 */
final class CpuExecutable implements Executable {
  /** Part of the results that each thread may compute although another does too. */
  private static final int WORTH_REPEATING = 16;

  /** Elementary operations below which waking another thread costs more than it gains. */
  private static final long WORTH_CUTTING = 60_000;

  private final CpuDevice device;
  private final Plan plan;
  private final CompileOptions options;
  private final Map<Integer, CpuBuffer> bound = new HashMap<>();
  private final Map<Plan.SlabKey, Object> sharedSlabs = new HashMap<>();

  /** The steps whose results the kernels leave. */
  private final List<PlanStep> steps = new ArrayList<>();

  private final List<StepKernel> kernels = new ArrayList<>();

  /** Bound buffers that the steps write. */
  private final List<CpuBuffer> written = new ArrayList<>();

  private final PackedOperands constants = new PackedOperands();
  private final boolean byModel;

  /** Nanoseconds of all threads. */
  private final LongAdder spent;

  private final Frame[] frames;
  private boolean closed;

  CpuExecutable(
      CpuDevice device, Plan plan, Map<Integer, CpuBuffer> bindings, CompileOptions options) {
    this.device = device;
    this.plan = plan;
    this.options = options;
    this.spent = device.meter().program(plan.program().name());
    List<PlanStep> all = plan.single();
    this.byModel =
        plan.models() > 1 && 2 * plan.models() > device.workers().count() && separates(all);
    for (Slot s : plan.slots()) {
      if (!s.inArena()) {
        CpuBuffer own = new CpuBuffer(s.name(), plan.boundType(s));
        bound.put(s.id(), bindings.getOrDefault(s.id(), own));
      }
    }
    boolean repeats = byModel && all.stream().anyMatch(s -> s.models() == 1);
    plan.slabs()
        .forEach(
            (key, n) -> {
              if (!key.perModel() && !repeats) {
                sharedSlabs.put(key, slab(key, n));
              }
            });
    this.frames = new Frame[byModel ? device.workers().count() : 1];
    for (int t = 0; t < frames.length; t++) {
      frames[t] = frame();
    }
    Set<Integer> changing = slots(all);
    Set<Integer> fixed = slots(plan.constants());
    bound.forEach(
        (slot, buffer) -> {
          if (changing.contains(slot)) {
            written.add(buffer);
          }
        });
    prepare(all, changing, fixed);
    for (PlanStep s : plan.constants()) {
      StepKernel k = device.kernel(s, null);
      for (int t = 0; t < (repeats ? frames.length : 1); t++) {
        k.run(frames[t], 0, 1, 0, 1);
      }
    }
    fixed.stream().filter(bound::containsKey).forEach(slot -> bound.get(slot).written());
  }

  /**
   * Returns whether models need not wait for each other: what they share is small, is no matrix
   * product, and stays in the arena.
   */
  private boolean separates(List<PlanStep> all) {
    long own = 0;
    long shared = 0;
    for (PlanStep s : all) {
      long size = s.outputs().stream().mapToLong(o -> plan.slots().get(o.slot()).perModel()).sum();
      if (s.models() > 1) {
        own += size;
      } else if (s instanceof PlanStep.Gemm
          || s.outputs().stream().anyMatch(o -> !plan.slots().get(o.slot()).inArena())) {
        return false;
      } else {
        shared += size;
      }
    }
    return shared * WORTH_REPEATING <= own;
  }

  /** Prepares the kernels: one for each step, or for a product and its reduction. */
  private void prepare(List<PlanStep> all, Set<Integer> changing, Set<Integer> fixed) {
    for (int s = 0; s < all.size(); s++) {
      PlanStep step = all.get(s);
      StepKernel kernel = device.kernel(step, right(step, changing, fixed));
      if (step instanceof PlanStep.Gemm g && s + 1 < all.size() && !options.checkNan()) {
        PlanStep next = all.get(s + 1);
        Optional<ReducedGemm> both = ReducedGemm.of((GemmKernel) kernel, g, next, plan, all);
        if (both.isPresent()) {
          kernel = both.get();
          step = next;
          s++;
        }
      }
      kernels.add(kernel);
      steps.add(step);
    }
  }

  private static Set<Integer> slots(List<PlanStep> steps) {
    return steps.stream()
        .flatMap(s -> s.outputs().stream())
        .map(Operand::slot)
        .collect(Collectors.toSet());
  }

  /**
   * Returns where a product finds its right operand packed, or null where the program itself
   * changes it: what is packed for one run would not serve the next. A view does not learn of what
   * its owner writes.
   */
  private PackedOperands.Home right(PlanStep step, Set<Integer> changing, Set<Integer> fixed) {
    if (!(step instanceof PlanStep.Gemm g) || changing.contains(g.inputs().get(1).slot())) {
      return null;
    }
    Operand o = g.inputs().get(1);
    CpuBuffer buffer = bound.get(o.slot());
    if (buffer == null) {
      return fixed.contains(o.slot())
          ? (gemm, s, m) -> constants.operand(gemm, s, frames[0].offset(o, 0), () -> 0)
          : null;
    }
    boolean shared = buffer.type().shape().models() == 1;
    return buffer.isView() || shared != (o.view().strides()[0] == 0)
        ? null
        : (gemm, s, m) ->
            buffer
                .packed()
                .operand(gemm, s, frames[0].offset(o, m), () -> buffer.version(shared ? 0 : m));
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
              } else {
                slabs.computeIfAbsent(key, k -> slab(k, n));
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

  /** Returns the kernels in the order in which they run. */
  List<StepKernel> kernels() {
    return List.copyOf(kernels);
  }

  /** Runs the whole program for one model on thread {@code thread} of the pool. */
  void runModel(int thread, int model) {
    long start = System.nanoTime();
    Frame f = frames[thread];
    f.origin(model);
    try {
      for (int s = 0; s < kernels.size(); s++) {
        int m = steps.get(s).models() > 1 ? model : 0;
        kernels.get(s).run(f, m, m + 1, 0, 1);
        checkFinite(s, f, m, m + 1);
      }
    } finally {
      written.forEach(b -> b.written(model));
      spent.add(System.nanoTime() - start);
    }
  }

  @Override
  public void run() {
    checkOpen();
    if (byModel) {
      device.forEachModel(plan.models(), this::runModel);
      return;
    }
    long start = System.nanoTime();
    try {
      runSteps();
    } finally {
      written.forEach(CpuBuffer::written);
      spent.add((System.nanoTime() - start) * device.workers().count()); // who waits is taken too
    }
  }

  private void runSteps() {
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
    constants.release();
    device.released(this);
  }

  @Override
  public String toString() {
    return "executable " + plan.program().name();
  }
}
