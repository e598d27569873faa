// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.driver;

import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.JCudaDriver;
import org.rigor.exec.Traffic;
import org.rigor.exec.cuda.loading.CudaFailure;
import org.rigor.exec.cuda.loading.CudaLibraries;

/**
 * The primary context of one device. Every operation of this package makes it current on the
 * calling thread first; call from platform threads only, since a virtual thread may switch carriers
 * between calls.
 */
public final class CudaContext implements AutoCloseable {
  private static final ThreadLocal<CudaContext> CURRENT = new ThreadLocal<>();

  private final CudaLibraries libraries;
  private final CUdevice device = new CUdevice();
  private final CUcontext context = new CUcontext();
  private final Set<AutoCloseable> alive = ConcurrentHashMap.newKeySet();
  private final Tally asked = new Tally();

  /** What the calling thread records in a graph; absent while it records none. */
  private final ThreadLocal<Tally> recording = new ThreadLocal<>();

  private final String name;
  private final int capability;
  private boolean closed;

  private CudaContext(CudaLibraries libraries, int ordinal) {
    this.libraries = libraries;
    CudaFailure.call(
        "opening CUDA device " + ordinal, () -> JCudaDriver.cuDeviceGet(device, ordinal));
    CudaFailure.call(
        "the context of CUDA device " + ordinal,
        () -> JCudaDriver.cuDevicePrimaryCtxRetain(context, device));
    enter();
    byte[] text = new byte[128];
    JCudaDriver.cuDeviceGetName(text, text.length, device);
    name = name(text);
    capability =
        attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR) * 10
            + attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
  }

  /** Returns how many devices the loaded driver sees. */
  public static int deviceCount(CudaLibraries libraries) {
    int[] count = new int[1];
    CudaFailure.call("counting CUDA devices", () -> JCudaDriver.cuDeviceGetCount(count));
    return libraries == null ? 0 : count[0];
  }

  /** Opens a device by its index among those visible under CUDA_VISIBLE_DEVICES. */
  public static CudaContext open(CudaLibraries libraries, int ordinal) {
    int count = deviceCount(libraries);
    if (ordinal < 0 || ordinal >= count) {
      throw new CudaFailure("CUDA device " + ordinal + " was asked for, and there are " + count);
    }
    return new CudaContext(libraries, ordinal);
  }

  /** Returns name, compute capability and memory of a device, without creating a context. */
  public static String describe(int ordinal) {
    CUdevice device = new CUdevice();
    byte[] text = new byte[128];
    int[] major = new int[1];
    int[] minor = new int[1];
    long[] bytes = new long[1];
    CudaFailure.call(
        "describing CUDA device " + ordinal,
        () -> {
          JCudaDriver.cuDeviceGet(device, ordinal);
          JCudaDriver.cuDeviceGetName(text, text.length, device);
          JCudaDriver.cuDeviceGetAttribute(
              major, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, device);
          JCudaDriver.cuDeviceGetAttribute(
              minor, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, device);
          return JCudaDriver.cuDeviceTotalMem(bytes, device);
        });
    return name(text)
        + ", compute capability "
        + major[0]
        + "."
        + minor[0]
        + ", "
        + (bytes[0] >> 20)
        + " MiB";
  }

  private static String name(byte[] text) {
    return new String(text, StandardCharsets.US_ASCII).split("\0", 2)[0];
  }

  /** Makes this context current on the calling thread. */
  void enter() {
    if (CURRENT.get() != this) {
      if (closed) {
        throw new IllegalStateException("the CUDA context of " + name + " is closed");
      }
      CudaFailure.call("cuCtxSetCurrent", () -> JCudaDriver.cuCtxSetCurrent(context));
      CURRENT.set(this);
    }
  }

  /** Returns one {@code CU_DEVICE_ATTRIBUTE_*}. */
  public int attribute(int which) {
    int[] value = new int[1];
    CudaFailure.call(
        "device attribute " + which, () -> JCudaDriver.cuDeviceGetAttribute(value, which, device));
    return value[0];
  }

  /** Returns what was asked of this device since it was opened. */
  public Traffic traffic() {
    return asked.sum();
  }

  void count(Traffic what) {
    asked.add(what);
  }

  /** Counts what the calling thread queues; returns whether it goes to the device at once. */
  boolean queues(Traffic what) {
    Tally graph = recording.get();
    (graph == null ? asked : graph).add(what);
    return graph == null;
  }

  /** Returns what {@code launches} records on the calling thread. */
  Traffic recorded(Runnable launches) {
    Tally graph = new Tally();
    recording.set(graph);
    try {
      launches.run();
    } finally {
      recording.remove();
    }
    return graph.sum();
  }

  /** Waits for everything launched so far on this device. */
  public void synchronize() {
    enter();
    count(Traffic.DRAIN);
    CudaFailure.call("waiting for " + name, JCudaDriver::cuCtxSynchronize);
  }

  /** Returns the memory of the device in bytes. */
  public long totalMemory() {
    enter();
    long[] free = new long[1];
    long[] total = new long[1];
    CudaFailure.call("cuMemGetInfo", () -> JCudaDriver.cuMemGetInfo(free, total));
    return total[0];
  }

  public CudaLibraries libraries() {
    return libraries;
  }

  /** Returns the device's name, e.g. {@code NVIDIA H100 80GB HBM3}. */
  public String name() {
    return name;
  }

  /** Returns ten times the major compute capability plus the minor: 90 is sm_90. */
  public int capability() {
    return capability;
  }

  void opened(AutoCloseable resource) {
    alive.add(resource);
  }

  void released(AutoCloseable resource) {
    alive.remove(resource);
  }

  /** Returns the names of resources opened on this device and not yet closed. */
  public List<String> alive() {
    return alive.stream().map(Object::toString).sorted().collect(Collectors.toList());
  }

  /**
   * Releases the device.
   *
   * @throws IllegalStateException naming what is still alive; the device is released anyway
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    List<String> left = alive();
    closed = true;
    CURRENT.remove();
    CudaFailure.call("releasing " + name, () -> JCudaDriver.cuDevicePrimaryCtxRelease(device));
    if (!left.isEmpty()) {
      throw new IllegalStateException("still alive on " + name + ": " + String.join(", ", left));
    }
  }
}
