// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.driver;

import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.JCudaDriver;
import org.rigor.exec.cuda.loading.CudaFailure;

/** Compiled kernels on a device. */
public final class CudaModule implements AutoCloseable {
  private final CudaContext context;
  private final CompiledKernels kernels;
  private final CUmodule module = new CUmodule();
  private boolean closed;

  public CudaModule(CudaContext context, CompiledKernels kernels) {
    this.context = context;
    this.kernels = kernels;
    context.enter();
    String what = "loading the compiled kernels of " + kernels.name();
    CudaFailure.call(what, () -> JCudaDriver.cuModuleLoadData(module, kernels.image()));
    context.opened(this);
  }

  /** Returns a kernel by {@code extern "C"} name or by a name expression given at compilation. */
  public CudaKernel kernel(String name) {
    context.enter();
    CUfunction function = new CUfunction();
    CudaFailure.call(
        "looking up kernel '" + name + "' in " + kernels.name(),
        () ->
            JCudaDriver.cuModuleGetFunction(
                function, module, kernels.lowered().getOrDefault(name, name)));
    return new CudaKernel(context, name, function);
  }

  @Override
  public String toString() {
    return "module '" + kernels.name() + "'";
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      context.enter();
      context.released(this);
      CudaFailure.call("unloading " + kernels.name(), () -> JCudaDriver.cuModuleUnload(module));
    }
  }
}
