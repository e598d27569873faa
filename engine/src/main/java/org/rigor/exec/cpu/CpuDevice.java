// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.rigor.exec.Buffer;
import org.rigor.exec.CompileOptions;
import org.rigor.exec.Device;
import org.rigor.exec.DeviceInfo;
import org.rigor.exec.Executable;
import org.rigor.exec.Scope;
import org.rigor.exec.Sequence;
import org.rigor.exec.Spent;
import org.rigor.exec.plan.Bindings;
import org.rigor.exec.plan.Plan;
import org.rigor.exec.plan.PlanStep;
import org.rigor.ir.Program;
import org.rigor.linalg.Gemms;
import org.rigor.tensor.DType;

/** The processor this JVM runs on: the default without a GPU, and the reference. */
public final class CpuDevice implements Device {
  private final Workers workers;
  private final Meter meter;
  private final Gemms.Choice gemm;
  private final String reason;
  private final Set<Object> open = Collections.synchronizedSet(new LinkedHashSet<>());

  /**
   * @param threads threads to compute with, at least 1
   * @param gemm provider of matrix products, see {@link Gemms#open}
   */
  public CpuDevice(int threads, String gemm, String reason) {
    this(threads, Gemms.open(gemm), reason);
  }

  CpuDevice(int threads, Gemms.Choice gemm, String reason) {
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be >= 1, got " + threads);
    }
    this.workers = new Workers(threads);
    this.meter = new Meter(threads);
    this.gemm = gemm;
    this.reason = reason;
  }

  @Override
  public DeviceInfo info() {
    return new DeviceInfo(
        "cpu",
        CpuName.get(),
        reason,
        Map.of(
            "threads", Integer.toString(workers.count()),
            "gemm", gemm.gemm().name(),
            "gemm_reason", gemm.reason(),
            "vector", VectorLoop.state(),
            "java", System.getProperty("java.vendor.version", Runtime.version().toString())));
  }

  @Override
  public void prepare(DType type) {
    gemm.gemm().prepare(type);
  }

  @Override
  public Optional<Spent> spent() {
    return Optional.of(meter.spent());
  }

  Meter meter() {
    return meter;
  }

  @Override
  public int modelsAtOnce() {
    return workers.count();
  }

  @Override
  public Scope scope(String name) {
    CpuScope s = new CpuScope(this, name);
    open.add(s);
    return s;
  }

  @Override
  public Executable compile(Program program, Map<String, Buffer> bindings, CompileOptions options) {
    require(options.products());
    Plan plan = Plan.of(program, options);
    Map<Integer, CpuBuffer> bound = new HashMap<>();
    Bindings.resolve(plan, bindings)
        .forEach(
            (slot, b) -> {
              if (!(b instanceof CpuBuffer c)) {
                throw new IllegalArgumentException(
                    "buffer '" + b.name() + "' belongs to another device");
              }
              bound.put(slot, c);
            });
    CpuExecutable e = new CpuExecutable(this, plan, bound, options);
    open.add(e);
    return e;
  }

  /**
   * @param right packed forms of the right operand of a product, or null where it may change
   */
  StepKernel kernel(PlanStep step, PackedOperands.Home right) {
    if (step instanceof PlanStep.Map m) {
      return new MapKernel(m);
    } else if (step instanceof PlanStep.Reduce r) {
      return new ReduceKernel(r);
    } else if (step instanceof PlanStep.Gemm g) {
      return new GemmKernel(g, gemm.gemm(), right, meter.products());
    }
    return new LaunchKernel((PlanStep.Launch) step);
  }

  Workers workers() {
    return workers;
  }

  /** Work on one model by one thread of the pool. */
  interface ModelTask {
    void run(int thread, int model);
  }

  /** Hands models to threads as they become free; a thread number is used by one thread only. */
  void forEachModel(int models, ModelTask task) {
    AtomicInteger next = new AtomicInteger();
    workers.parallel(
        workers.count(),
        thread -> {
          for (int m = next.getAndIncrement(); m < models; m = next.getAndIncrement()) {
            task.run(thread, m);
          }
        });
  }

  @Override
  public Sequence sequence(List<Sequence.Step> steps) {
    return new CpuSequence(this, steps);
  }

  void released(Object owner) {
    open.remove(owner);
  }

  @Override
  public void close() {
    workers.close();
    if (!open.isEmpty()) {
      throw new IllegalStateException("cpu device closed while still open: " + open);
    }
  }
}
