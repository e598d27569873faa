// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.rigor.exec.Buffer;
import org.rigor.exec.CompileOptions;
import org.rigor.exec.Executable;
import org.rigor.exec.cuda.code.KernelSource;
import org.rigor.exec.cuda.code.StepCode;
import org.rigor.exec.cuda.driver.CudaGraph;
import org.rigor.exec.cuda.driver.CudaStream;
import org.rigor.exec.cuda.driver.DeviceMemory;
import org.rigor.exec.cuda.driver.PinnedMemory;
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
 * A program on a CUDA device. Compilation fixes addresses, so the argument block of each kernel is
 * written once. The first run launches step by step; later runs replay a graph.
 */
final class CudaExecutable implements Executable {
  private final CudaDevice device;
  private final Plan plan;
  private final CompileOptions options;
  private final Map<Integer, CudaBuffer> bound = new HashMap<>();
  private final List<CudaBuffer> owned = new ArrayList<>();
  private final Map<Plan.SlabKey, DeviceMemory> slabs = new HashMap<>();
  private final List<Runnable> launches = new ArrayList<>();
  private LaneRunner runner;
  private PinnedMemory page;
  private DeviceMemory scratch;
  private CudaGraph graph;
  private int nodes;
  private boolean hasRun;
  private boolean closed;

  CudaExecutable(
      CudaDevice device, Plan plan, Map<Integer, CudaBuffer> bindings, CompileOptions options) {
    this.device = device;
    this.plan = plan;
    this.options = options;
    try {
      allocate(bindings);
      bind();
    } catch (RuntimeException | Error e) {
      free();
      throw e;
    }
  }

  private void allocate(Map<Integer, CudaBuffer> bindings) {
    for (Slot s : plan.slots()) {
      if (!s.inArena()) {
        CudaBuffer given = bindings.get(s.id());
        if (given == null) {
          given = new CudaBuffer(device, s.name(), plan.boundType(s));
          owned.add(given);
        }
        bound.put(s.id(), given);
      }
    }
    plan.slabs()
        .forEach(
            (key, n) -> {
              long models = key.perModel() ? plan.models() : 1;
              long bytes = Math.max(1, n * models * key.dtype().bytes());
              String name = "arena of " + plan.program().name();
              slabs.put(key, new DeviceMemory(device.context(), name, bytes));
            });
  }

  private void bind() {
    List<StepCode> code = device.code(plan, options.products());
    List<KernelSource> sources = new ArrayList<>();
    code.forEach(c -> sources.addAll(c.sources()));
    device.kernels().require(sources);
    int bytes = code.stream().mapToInt(StepCode::argumentBytes).sum();
    page = new PinnedMemory(device.context(), "arguments of " + plan.program().name(), bytes + 16);
    long scratchBytes = code.stream().mapToLong(c -> aligned(c.scratchBytes())).sum();
    if (scratchBytes > 0) {
      String name = "scratch of " + plan.program().name();
      scratch = new DeviceMemory(device.context(), name, scratchBytes);
    }
    long scratchAt = 0;
    int at = 0;
    int constants = plan.constants().size();
    Lanes lanes = Lanes.of(plan, recordable() ? CudaDevice.LANES : 1);
    for (int i = 0; i < code.size(); i++) {
      CudaDevice.Lane lane = device.lane(i < constants ? 0 : lanes.of().get(i - constants));
      Runnable launch =
          code.get(i)
              .bind(
                  new StepCode.Site(
                      this::place,
                      device.kernels()::get,
                      page,
                      at,
                      new StepCode.Place(scratch, scratchAt),
                      lane.stream(),
                      lane.blas()));
      at += code.get(i).argumentBytes();
      scratchAt += aligned(code.get(i).scratchBytes());
      if (i < constants) {
        launch.run();
      } else {
        launches.add(launch);
        nodes += code.get(i).nodes();
      }
    }
    List<CudaStream> streams = new ArrayList<>();
    for (int l = 0; l < lanes.count(); l++) {
      streams.add(device.lane(l).stream());
    }
    // A warm-up on one lane must not write while another lane already runs.
    streams.forEach(CudaStream::synchronize);
    runner = new LaneRunner(device.context(), lanes, streams, List.copyOf(launches));
  }

  private static long aligned(long bytes) {
    return (bytes + 255) / 256 * 256;
  }

  private StepCode.Place place(Operand o) {
    Slot s = plan.slots().get(o.slot());
    long first = o.view().offset();
    if (s.inArena()) {
      first += s.arenaOffset() * (s.models() > 1 ? plan.models() : 1);
      return new StepCode.Place(slabs.get(Plan.slab(s)), first * s.dtype().bytes());
    }
    return new StepCode.Place(bound.get(s.id()).memory(), first * s.dtype().bytes());
  }

  @Override
  public void run() {
    checkOpen();
    device.locked(
        () -> {
          if (options.checkNan() || !hasRun || launches.size() < 2) {
            launch();
          } else {
            if (graph == null) {
              graph = CudaGraph.record(device.stream(), plan.program().name(), this::launch);
            }
            graph.launch(device.stream());
          }
          hasRun = true;
        });
  }

  /** Queues every step. */
  void launch() {
    if (recordable()) {
      runner.run();
      return;
    }
    for (int s = 0; s < launches.size(); s++) {
      launches.get(s).run();
      checkFinite(plan.steps().get(s));
    }
  }

  /** Returns the number of graph nodes of this program. */
  int nodes() {
    return nodes;
  }

  /** Returns whether the steps can be recorded: no step needs intermediate results on the host. */
  boolean recordable() {
    return !options.checkNan();
  }

  private void checkFinite(PlanStep step) {
    Slot slot = plan.slots().get(step.output().slot());
    if (!slot.dtype().isFloating()) {
      return;
    }
    int perModel = Math.toIntExact(slot.perModel());
    Shape shape = Shape.of(slot.models(), perModel);
    HostTensor values = HostTensor.zeros(new TensorType(slot.dtype(), shape));
    StepCode.Place at = place(step.output());
    device.staging().read(at.memory(), at.offset(), values.array()).finish();
    for (int i = 0; i < shape.size(); i++) {
      double x = values.get(i);
      if (!Double.isFinite(x)) {
        throw plan.notFinite(step, x, i % perModel, i / perModel);
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
    return plan.arenaBytes();
  }

  /**
   * @throws IllegalStateException if this or a buffer it uses is closed
   */
  void checkOpen() {
    if (closed) {
      throw new IllegalStateException("executable " + plan.program().name() + " is closed");
    }
    bound.values().forEach(CudaBuffer::memory);
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      device.locked(
          () -> {
            device.stream().synchronize();
            free();
          });
      device.released(this);
    }
  }

  private void free() {
    if (graph != null) {
      graph.close();
    }
    if (runner != null) {
      runner.close();
    }
    owned.forEach(CudaBuffer::close);
    slabs.values().forEach(DeviceMemory::close);
    if (page != null) {
      page.close();
    }
    if (scratch != null) {
      scratch.close();
    }
  }

  @Override
  public String toString() {
    return "executable " + plan.program().name();
  }
}
