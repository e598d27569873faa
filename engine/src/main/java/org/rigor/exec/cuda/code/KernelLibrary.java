// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.code;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.rigor.exec.cuda.driver.CompiledKernels;
import org.rigor.exec.cuda.driver.CudaContext;
import org.rigor.exec.cuda.driver.CudaKernel;
import org.rigor.exec.cuda.driver.CudaModule;
import org.rigor.exec.cuda.loading.CudaFailure;

/**
 * Kernels that a device has compiled and loaded, by entry. Devices opened beside each other share
 * one library: the first to need a kernel compiles it.
 */
public final class KernelLibrary implements AutoCloseable {
  /**
   * Kernels in a translation unit: few enough to use many cores and to hit the cache from other
   * programs, enough to amortise parsing the headers.
   */
  private static final int UNIT = 8;

  private final CudaContext context;
  private final Nvrtc compiler;
  private final List<CudaModule> modules = new ArrayList<>();
  private final Map<String, CudaKernel> kernels = new HashMap<>();

  public KernelLibrary(CudaContext context) {
    this.context = context;
    this.compiler = new Nvrtc(context);
  }

  /**
   * Compiles missing kernels. NVRTC gets units of {@link #UNIT} kernels in parallel; the emulator
   * gets one unit, since starting g++ costs more than compiling most kernels.
   */
  public synchronized void require(List<KernelSource> sources) {
    Map<String, KernelSource> missing = new LinkedHashMap<>();
    for (KernelSource s : sources) {
      if (!kernels.containsKey(s.entry())) {
        missing.put(s.entry(), s);
      }
    }
    if (missing.isEmpty()) {
      return;
    }
    List<KernelSource> all = List.copyOf(missing.values());
    int size = context.libraries().emulated() ? all.size() : UNIT;
    List<List<KernelSource>> units = new ArrayList<>();
    for (int i = 0; i < all.size(); i += size) {
      units.add(all.subList(i, Math.min(all.size(), i + size)));
    }
    List<CompiledKernels> compiled = compile(units);
    for (int u = 0; u < units.size(); u++) {
      CudaModule module = new CudaModule(context, compiled.get(u));
      modules.add(module);
      // Looking a kernel up loads it even if the driver loads lazily, so nothing is left to load
      // while a graph is recorded.
      units.get(u).forEach(s -> kernels.put(s.entry(), module.kernel(s.entry())));
    }
  }

  private List<CompiledKernels> compile(List<List<KernelSource>> units) {
    List<Callable<CompiledKernels>> work = new ArrayList<>();
    units.forEach(u -> work.add(() -> compiler.compile(CudaSources.unit(u))));
    int threads = Math.min(units.size(), Runtime.getRuntime().availableProcessors());
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<CompiledKernels> compiled = new ArrayList<>();
      for (Future<CompiledKernels> f : pool.invokeAll(work)) {
        compiled.add(f.get());
      }
      return compiled;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CudaFailure("compiling kernels was interrupted", "", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new CudaFailure("compiling kernels failed: " + e.getCause(), "", e);
    } finally {
      pool.shutdownNow();
    }
  }

  public synchronized CudaKernel get(String entry) {
    CudaKernel k = kernels.get(entry);
    if (k == null) {
      throw new IllegalStateException("kernel " + entry + " was not required");
    }
    return k;
  }

  @Override
  public void close() {
    modules.forEach(CudaModule::close);
  }
}
