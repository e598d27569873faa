// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda;

import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.rigor.exec.Buffer;
import org.rigor.exec.CompileOptions;
import org.rigor.exec.Device;
import org.rigor.exec.DeviceException;
import org.rigor.exec.DeviceInfo;
import org.rigor.exec.Executable;
import org.rigor.exec.Products;
import org.rigor.exec.Scope;
import org.rigor.exec.Sequence;
import org.rigor.exec.Traffic;
import org.rigor.exec.cuda.code.KernelLibrary;
import org.rigor.exec.cuda.code.KernelSource;
import org.rigor.exec.cuda.code.StepCode;
import org.rigor.exec.cuda.driver.Cublas;
import org.rigor.exec.cuda.driver.CudaContext;
import org.rigor.exec.cuda.driver.CudaEvent;
import org.rigor.exec.cuda.driver.CudaStream;
import org.rigor.exec.cuda.driver.DeviceMemory;
import org.rigor.exec.cuda.driver.Staging;
import org.rigor.exec.cuda.loading.CudaFailure;
import org.rigor.exec.cuda.loading.CudaLibraries;
import org.rigor.exec.plan.Bindings;
import org.rigor.exec.plan.Plan;
import org.rigor.ir.Program;

/**
 * A GPU, or the emulator in its place. All work goes through one stream in submission order;
 * independent steps of a program fork to side streams and join again. Calls from several threads
 * are serialised; a device {@link #beside} this one has its own stream and does not wait for this
 * one.
 */
public final class CudaDevice implements Device {
  /** Compute capability from which tensor cores take TF32 and bfloat16. */
  private static final int AMPERE = 80;

  /** Most steps of a program that run concurrently. */
  static final int LANES = 3;

  /** A stream, and a cuBLAS handle with its own workspace. */
  record Lane(CudaStream stream, Cublas blas) {}

  private final CudaContext context;

  /** The device that owns context and kernels; null if it is this one. */
  private final CudaDevice first;

  private final List<Lane> beside = new ArrayList<>();
  private final CudaStream stream;
  private final Cublas blas;
  private final Staging staging;
  private final KernelLibrary kernels;
  private final int multiprocessors;
  private final String reason;
  private final Set<String> warmProducts = new HashSet<>();
  private final Set<Object> open = Collections.synchronizedSet(new LinkedHashSet<>());
  private boolean closed;

  private CudaDevice(
      CudaContext context,
      KernelLibrary kernels,
      CudaDevice first,
      String reason,
      CudaStream stream,
      Cublas blas) {
    this.context = context;
    this.kernels = kernels;
    this.first = first;
    this.reason = reason;
    this.multiprocessors = context.attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
    this.stream = stream;
    this.blas = blas;
    this.staging = new Staging(stream);
  }

  static CudaDevice open(Supplier<CudaLibraries> libraries, String reason) {
    return translated(
        () -> {
          CudaContext context = CudaContext.open(libraries.get(), 0);
          try {
            return make(context, new KernelLibrary(context), null, reason, "device");
          } catch (RuntimeException | Error e) {
            try {
              context.close();
            } catch (IllegalStateException leftOpen) {
              e.addSuppressed(leftOpen);
            }
            throw e;
          }
        });
  }

  private static CudaDevice make(
      CudaContext context, KernelLibrary kernels, CudaDevice first, String reason, String name) {
    CudaStream stream = new CudaStream(context, name);
    Cublas blas = null;
    try {
      blas = new Cublas(stream);
      return new CudaDevice(context, kernels, first, reason, stream, blas);
    } catch (RuntimeException | Error e) {
      if (blas != null) {
        blas.close();
      }
      stream.close();
      throw e;
    }
  }

  @Override
  public Device beside(String name) {
    return get(
        () -> {
          CudaDevice owner = first == null ? this : first;
          CudaDevice device = make(context, kernels, owner, reason, name);
          owner.open.add(device);
          return device;
        });
  }

  @Override
  public DeviceInfo info() {
    CudaLibraries libraries = context.libraries();
    int capability = context.capability();
    return new DeviceInfo(
        libraries.emulated() ? "emulated" : "cuda",
        context.name(),
        reason,
        Map.of(
            "compute_capability", capability / 10 + "." + capability % 10,
            "multiprocessors", Integer.toString(multiprocessors),
            "memory_mib", Long.toString(context.totalMemory() >> 20),
            "driver", CudaLibraries.text(libraries.driverVersion()),
            "nvrtc", CudaLibraries.text(libraries.nvrtcVersion()),
            "cublas", Integer.toString(blas.version())));
  }

  @Override
  public boolean has(Products products) {
    return products == Products.EXACT || context.capability() >= AMPERE;
  }

  @Override
  public int sharedBytes() {
    return context.attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
  }

  @Override
  public Optional<Traffic> traffic() {
    return Optional.of(context.traffic());
  }

  @Override
  public Scope scope(String name) {
    CudaScope s = new CudaScope(this, name);
    open.add(s);
    return s;
  }

  @Override
  public Executable compile(Program program, Map<String, Buffer> bindings, CompileOptions options) {
    require(options.products());
    Plan plan = Plan.of(program, options);
    Map<Integer, CudaBuffer> bound = new HashMap<>();
    Bindings.resolve(plan, bindings)
        .forEach(
            (slot, b) -> {
              if (!(b instanceof CudaBuffer c) || c.device() != this) {
                throw new IllegalArgumentException(
                    "buffer '" + b.name() + "' belongs to another device");
              }
              c.memory();
              bound.put(slot, c);
            });
    return get(
        () -> {
          CudaExecutable e = new CudaExecutable(this, plan, bound, options);
          open.add(e);
          return e;
        });
  }

  @Override
  public void prepare(List<Program> programs, CompileOptions options) {
    List<KernelSource> sources = new ArrayList<>();
    for (Program p : programs) {
      code(Plan.of(p, options), options.products()).forEach(c -> sources.addAll(c.sources()));
    }
    locked(() -> kernels.require(sources));
  }

  /** Returns the code of constants, then of steps. */
  List<StepCode> code(Plan plan, Products products) {
    return StepCode.of(plan, multiprocessors, products, warmProducts);
  }

  @Override
  public Sequence sequence(List<Sequence.Step> steps) {
    return get(() -> new CudaSequence(this, steps));
  }

  /**
   * Measures the milliseconds between the first and the last work that {@code work} queues here, by
   * the device's clock. Waits for that work and for everything queued before.
   */
  public double milliseconds(Runnable work) {
    return get(
        () -> {
          try (CudaEvent begin = new CudaEvent(context);
              CudaEvent end = new CudaEvent(context)) {
            stream.synchronize();
            begin.record(stream);
            work.run();
            end.record(stream);
            return end.millisecondsSince(begin);
          }
        });
  }

  CudaContext context() {
    return context;
  }

  CudaStream stream() {
    return stream;
  }

  /** Returns a lane; 0 is the device's stream, the others are created on first use. */
  Lane lane(int i) {
    while (beside.size() < i) {
      CudaStream s = new CudaStream(context, "lane " + (beside.size() + 1));
      beside.add(new Lane(s, new Cublas(s)));
    }
    return i == 0 ? new Lane(stream, blas) : beside.get(i - 1);
  }

  Staging staging() {
    return staging;
  }

  KernelLibrary kernels() {
    return kernels;
  }

  /** Allocates zero-filled memory, its size rounded up to whole words. */
  DeviceMemory zeros(String name, long bytes) {
    return get(
        () -> {
          long words = Math.max(1, (bytes + 3) / 4);
          DeviceMemory m = new DeviceMemory(context, name, 4 * words);
          stream.fill(m, 0, 0, words);
          return m;
        });
  }

  /** Runs {@code work} exclusively on this device; CUDA failures become those of the device. */
  synchronized void locked(Runnable work) {
    translated(
        () -> {
          work.run();
          return null;
        });
  }

  /** Computes a result as {@link #locked} runs work. */
  synchronized <T> T get(Supplier<T> work) {
    return translated(work);
  }

  private static <T> T translated(Supplier<T> work) {
    try {
      return work.get();
    } catch (CudaFailure e) {
      String head = e.isOutOfMemory() ? "out of device memory: " : "";
      throw new DeviceException(head + e.getMessage(), e, e.isOutOfMemory());
    }
  }

  @Override
  public String toString() {
    return stream.toString();
  }

  void released(Object owner) {
    open.remove(owner);
  }

  @Override
  public void close() {
    if (!open.isEmpty()) {
      throw new IllegalStateException(info().kind() + " device closed while still open: " + open);
    }
    if (!closed) {
      closed = true;
      locked(
          () -> {
            stream.synchronize();
            staging.close();
            beside.forEach(
                l -> {
                  l.stream().synchronize();
                  l.blas().close();
                  l.stream().close();
                });
            blas.close();
            stream.close();
            if (first == null) {
              kernels.close();
              context.close();
            } else {
              first.released(this);
            }
          });
    }
  }
}
