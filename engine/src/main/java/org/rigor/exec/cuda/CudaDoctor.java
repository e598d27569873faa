// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.rigor.exec.cuda.driver.CudaContext;
import org.rigor.exec.cuda.loading.Check;
import org.rigor.exec.cuda.loading.CudaCache;
import org.rigor.exec.cuda.loading.CudaFailure;
import org.rigor.exec.cuda.loading.CudaLibraries;
import org.rigor.exec.cuda.loading.Emulator;
import org.rigor.exec.cuda.loading.Toolkit;

/** Step-by-step report on what this machine offers the CUDA device, with a fix for each gap. */
public final class CudaDoctor {
  private CudaDoctor() {}

  /**
   * Runs all checks in the order in which a device is opened. Without a driver it loads nothing and
   * takes a few milliseconds; with one it loads the libraries and lists the devices.
   */
  public static List<Check> examine() {
    List<Check> checks = new ArrayList<>();
    checks.add(platform());
    checks.add(cache());
    kernelModule(checks);
    Toolkit toolkit = Toolkit.search();
    if (toolkit.driver().isPresent()) {
      devices(checks);
    } else {
      checks.addAll(toolkit.checks());
    }
    checks.add(
        Emulator.unavailable()
            .map(
                why ->
                    Check.bad(
                        "emulator", why, "install g++; needed only to run kernels without a GPU"))
            .orElseGet(() -> Check.good("emulator", "g++ is there")));
    return checks;
  }

  private static Check platform() {
    String os = System.getProperty("os.name") + " " + System.getProperty("os.arch");
    String java = os + ", Java " + Runtime.version();
    return os.equals("Linux amd64")
        ? Check.good("platform", java)
        : Check.bad("platform", java, "the CUDA device needs Linux on x86-64; use --device cpu");
  }

  private static Check cache() {
    try {
      return Check.good("cache folder", CudaCache.folder("natives").getParent().toString());
    } catch (CudaFailure e) {
      return Check.bad("cache folder", e.getMessage(), "set RIGOR_CACHE to a writable folder");
    }
  }

  private static void kernelModule(List<Check> checks) {
    Path file = Path.of("/proc/driver/nvidia/version");
    try {
      checks.add(Check.good("kernel module", Files.readAllLines(file).get(0).strip()));
    } catch (IOException e) {
      checks.add(
          Check.bad(
              "kernel module",
              "no " + file,
              "load the NVIDIA kernel module (modprobe nvidia), or start the container with GPU"
                  + " access; under WSL this file is absent and that is fine"));
    }
  }

  private static void devices(List<Check> checks) {
    try {
      CudaLibraries libraries = CudaLibraries.machine();
      checks.addAll(libraries.checks());
      int count = CudaContext.deviceCount(libraries);
      for (int i = 0; i < count; i++) {
        checks.add(Check.good("device " + i, CudaContext.describe(i)));
      }
      if (count == 0) {
        checks.add(Check.bad("device", "none", "check nvidia-smi and CUDA_VISIBLE_DEVICES"));
      }
    } catch (CudaFailure e) {
      checks.add(Check.bad("CUDA", e.getMessage(), "follow the fixes named above"));
    }
  }
}
