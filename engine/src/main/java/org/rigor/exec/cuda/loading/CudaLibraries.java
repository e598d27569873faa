// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.loading;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import jcuda.CudaException;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;
import jcuda.nvrtc.JNvrtc;

/**
 * The native libraries of this process, loaded once: the driver's, NVRTC, cuBLAS, and JCuda's own.
 * A process holds either the machine's CUDA or the emulator, never both, since libraries cannot be
 * unloaded.
 */
public final class CudaLibraries {
  /** What backs the bindings: the machine's CUDA or the emulator. */
  public enum Kind {
    MACHINE,
    EMULATOR
  }

  private static CudaLibraries loaded;

  private final Kind kind;
  private final List<Check> checks = new ArrayList<>();
  private int driverVersion;
  private int nvrtcVersion;

  private CudaLibraries(Kind kind) {
    this.kind = kind;
  }

  /**
   * Finds and loads the machine's CUDA, 12 or 13.
   *
   * @throws CudaFailure with every step taken and its fix, if loading fails or the process already
   *     holds the emulator
   */
  public static synchronized CudaLibraries machine() {
    return load(Kind.MACHINE, null);
  }

  /**
   * Loads the emulator, building it first if needed, from a folder with {@code libcuda.so.1},
   * {@code libnvrtc.so.12} and {@code libcublas.so.12}.
   *
   * @throws CudaFailure if loading fails or the process already holds the machine's CUDA
   */
  static synchronized CudaLibraries emulator(Supplier<Path> folder) {
    return load(Kind.EMULATOR, folder);
  }

  private static CudaLibraries load(Kind kind, Supplier<Path> folder) {
    if (loaded != null) {
      if (loaded.kind != kind) {
        throw new CudaFailure(
            kind == Kind.MACHINE
                ? "device 'cuda' was asked for, but this process already runs the CUDA emulator"
                    + " and cannot unload it: use a process of its own for each"
                : "the CUDA emulator was asked for, but this process already runs the machine's"
                    + " CUDA and cannot unload it: use a process of its own for each");
      }
      return loaded;
    }
    CudaLibraries libraries = new CudaLibraries(kind);
    if (kind == Kind.MACHINE) {
      libraries.loadMachine(Toolkit.search());
    } else {
      libraries.loadEmulator(folder.get());
    }
    loaded = libraries;
    return loaded;
  }

  private void loadMachine(Toolkit toolkit) {
    checks.addAll(toolkit.checks());
    loadDriver(toolkit.driver().map(Toolkit.Found::file));
    int major = driverVersion / 1000;
    Toolkit.Found nvrtc = choose("libnvrtc", major, toolkit.nvrtc());
    Toolkit.Found cublas = choose("libcublas", major, toolkit.cublas());
    loadUser(cublas, nvrtc);
  }

  private void loadEmulator(Path folder) {
    loadDriver(Optional.of(folder.resolve("libcuda.so.1")));
    loadUser(
        new Toolkit.Found(folder.resolve("libcublas.so.12"), 12, "emulator", List.of()),
        new Toolkit.Found(folder.resolve("libnvrtc.so.12"), 12, "emulator", List.of()));
  }

  private void loadDriver(Optional<Path> file) {
    if (file.isEmpty()) {
      throw unavailable("there is no CUDA driver on this machine", null);
    }
    system("libcuda.so.1", file.get());
    binding("jcuda.driver.JCudaDriver", BindingLibraries.driver());
    JCudaDriver.setExceptionsEnabled(true);
    int[] version = new int[1];
    try {
      JCudaDriver.cuInit(0);
      JCudaDriver.cuDriverGetVersion(version);
    } catch (CudaException e) {
      checks.add(
          Check.bad(
              "cuInit",
              e.getMessage(),
              "check nvidia-smi and CUDA_VISIBLE_DEVICES; CUDA_ERROR_SYSTEM_DRIVER_MISMATCH needs"
                  + " a reboot or the driver library that belongs to the kernel module"));
      throw unavailable("the CUDA driver does not start", e);
    }
    driverVersion = version[0];
    checks.add(Check.good("driver", "CUDA " + text(driverVersion)));
  }

  private void loadUser(Toolkit.Found cublas, Toolkit.Found nvrtc) {
    for (Toolkit.Found found : List.of(cublas, nvrtc)) {
      found.first().forEach(file -> system(file.getFileName().toString(), file));
      system(found.file().getFileName().toString(), found.file());
    }
    binding("jcuda.jcublas.JCublas2", BindingLibraries.cublas(cublas.major()));
    binding("jcuda.nvrtc.JNvrtc", BindingLibraries.nvrtc(nvrtc.major()));
    JCublas2.setExceptionsEnabled(true);
    JNvrtc.setExceptionsEnabled(true);
    int[] major = new int[1];
    int[] minor = new int[1];
    JNvrtc.nvrtcVersion(major, minor);
    nvrtcVersion = major[0] * 1000 + minor[0] * 10;
    checks.add(Check.good("NVRTC", text(nvrtcVersion)));
  }

  private Toolkit.Found choose(String name, int driverMajor, List<Toolkit.Found> found) {
    return Toolkit.newestFor(driverMajor, found)
        .orElseThrow(
            () -> {
              if (!found.isEmpty()) {
                checks.add(
                    Check.bad(
                        name,
                        "only CUDA "
                            + found.get(0).major()
                            + " at "
                            + found.get(0).file()
                            + ", and the driver runs CUDA "
                            + text(driverVersion)
                            + " at most",
                        "update the driver, or install CUDA " + driverMajor + "'s " + name));
              }
              return unavailable("CUDA's libraries are incomplete", null);
            });
  }

  private void system(String name, Path file) {
    try {
      System.load(file.toAbsolutePath().toString());
    } catch (UnsatisfiedLinkError e) {
      checks.add(Check.bad(name, file + ": " + e.getMessage(), "repair or reinstall that library"));
      throw unavailable("a CUDA library does not load", e);
    }
  }

  private void binding(String className, Path file) {
    try {
      BindingLibraries.initialise(className, file);
    } catch (CudaFailure e) {
      checks.add(
          Check.bad(className, e.getMessage(), "see the message; RIGOR_CACHE moves the copy"));
      throw unavailable("JCuda's native libraries do not load", e);
    }
    checks.add(Check.good(className, file.toString()));
  }

  private CudaFailure unavailable(String headline, Throwable cause) {
    return CudaFailure.unavailable(headline + "; what was looked for:", checks, cause);
  }

  public static String text(int version) {
    return version / 1000 + "." + version % 1000 / 10;
  }

  public Kind kind() {
    return kind;
  }

  public boolean emulated() {
    return kind == Kind.EMULATOR;
  }

  /** Returns the newest CUDA version the driver can run, as CUDA encodes it: 13000 is 13.0. */
  public int driverVersion() {
    return driverVersion;
  }

  /** Returns NVRTC's version in the same encoding. */
  public int nvrtcVersion() {
    return nvrtcVersion;
  }

  /** Returns every step of the search and the load. */
  public List<Check> checks() {
    return List.copyOf(checks);
  }
}
