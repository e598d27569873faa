// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The kernels that a device has compiled and loaded, by entry. */
final class KernelLibrary implements AutoCloseable {
  private final CudaContext context;
  private final Nvrtc compiler;
  private final List<CudaModule> modules = new ArrayList<>();
  private final Map<String, CudaKernel> kernels = new HashMap<>();

  KernelLibrary(CudaContext context) {
    this.context = context;
    this.compiler = new Nvrtc(context);
  }

  /**
   * Compiles those that are not there yet, as one unit: starting the compiler and reading the
   * headers costs more than most kernels do.
   */
  void require(List<KernelSource> sources) {
    Map<String, KernelSource> missing = new LinkedHashMap<>();
    for (KernelSource s : sources) {
      if (!kernels.containsKey(s.entry())) {
        missing.put(s.entry(), s);
      }
    }
    if (missing.isEmpty()) {
      return;
    }
    Nvrtc.Source unit = CudaSources.unit(List.copyOf(missing.values()));
    CudaModule module = new CudaModule(context, compiler.compile(unit));
    modules.add(module);
    // Looking a kernel up loads it, also where the driver loads lazily: nothing is left to load
    // while a graph is recorded.
    missing.keySet().forEach(entry -> kernels.put(entry, module.kernel(entry)));
  }

  CudaKernel get(String entry) {
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
