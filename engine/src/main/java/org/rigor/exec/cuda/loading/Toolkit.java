// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.loading;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Where CUDA's user libraries lie on this machine. Looks at file names only; loads nothing.
 *
 * @param driver {@code libcuda.so.1}, if any
 * @param nvrtc every NVRTC found, in search order
 * @param cublas every cuBLAS found, in search order
 * @param checks the search, step by step
 */
public record Toolkit(
    Optional<Found> driver, List<Found> nvrtc, List<Found> cublas, List<Check> checks) {

  /** The major versions whose libraries the bindings can be used with. */
  static final List<Integer> MAJORS = List.of(13, 12);

  /**
   * One library.
   *
   * @param file the file that carries the soname
   * @param major the version in the soname
   * @param why why its folder was searched
   * @param first libraries of the same folder that must be loaded before it, in order
   */
  public record Found(Path file, int major, String why, List<Path> first) {
    String text() {
      return file + " (" + why + ")";
    }
  }

  /** Searches this machine with this process's environment. */
  public static Toolkit search() {
    UnaryOperator<String> env =
        name ->
            name.equals("RIGOR_CUDA_HOME") && System.getProperty("rigor.cuda.home") != null
                ? System.getProperty("rigor.cuda.home")
                : System.getenv(name);
    return search(env, Path.of("/"));
  }

  public static Toolkit search(UnaryOperator<String> env, Path root) {
    Map<Path, String> driverFolders = SearchPath.driver(env, root);
    Map<Path, String> folders = SearchPath.toolkit(env, root);
    List<Check> checks = new ArrayList<>();
    Optional<Found> driver = Optional.empty();
    for (Map.Entry<Path, String> f : driverFolders.entrySet()) {
      Path file = f.getKey().resolve("libcuda.so.1");
      if (driver.isEmpty() && Files.exists(file)) {
        driver = Optional.of(new Found(file, 1, f.getValue(), List.of()));
      }
    }
    checks.add(
        driver
            .map(d -> Check.good("libcuda.so.1", d.text()))
            .orElseGet(
                () ->
                    Check.bad(
                        "libcuda.so.1",
                        "not in " + driverFolders.keySet(),
                        "install the NVIDIA driver (525 or later); in a container, start it with"
                            + " GPU access (--gpus all)")));
    List<Found> nvrtc = libraries("libnvrtc", "libnvrtc-builtins", folders);
    List<Found> cublas = libraries("libcublas", "libcublasLt", folders);
    checks.add(check("libnvrtc", nvrtc, folders, env, "nvidia-cuda-nvrtc"));
    checks.add(check("libcublas", cublas, folders, env, "nvidia-cublas"));
    return new Toolkit(driver, nvrtc, cublas, List.copyOf(checks));
  }

  private static List<Found> libraries(String name, String first, Map<Path, String> folders) {
    List<Found> found = new ArrayList<>();
    for (Map.Entry<Path, String> folder : folders.entrySet()) {
      for (int major : MAJORS) {
        Path file = folder.getKey().resolve(name + ".so." + major);
        if (Files.exists(file)) {
          found.add(
              new Found(file, major, folder.getValue(), before(folder.getKey(), first, major)));
        }
      }
    }
    return found;
  }

  /**
   * The companion of that major version: {@code libcublasLt.so.13}, {@code ...builtins.so.13.0}.
   */
  private static List<Path> before(Path dir, String name, int major) {
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> s = Files.newDirectoryStream(dir, name + ".so." + major + "*")) {
      s.forEach(found::add);
    } catch (IOException e) {
      return List.of();
    }
    Collections.sort(found);
    return found.isEmpty() ? List.of() : List.of(found.get(0));
  }

  private static Check check(
      String name,
      List<Found> found,
      Map<Path, String> folders,
      UnaryOperator<String> env,
      String wheel) {
    if (!found.isEmpty()) {
      String more = found.size() > 1 ? ", and " + (found.size() - 1) + " more" : "";
      return Check.good(name + ".so." + found.get(0).major(), found.get(0).text() + more);
    }
    String home = env.apply("RIGOR_CUDA_HOME");
    String looked = name + ".so.12 or .13 not in " + folders.keySet();
    return Check.bad(
        name,
        looked,
        home != null
            ? "RIGOR_CUDA_HOME is "
                + home
                + ", and then no other place is searched: correct it or"
                + " unset it"
            : "install the CUDA toolkit 12 or 13, or pip install "
                + wheel
                + "-cu12 (CUDA 13: "
                + wheel
                + "), or set RIGOR_CUDA_HOME to where it lies");
  }

  /** The first found whose version the driver can run, newest first within a folder. */
  static Optional<Found> newestFor(int driverMajor, List<Found> found) {
    return found.stream().filter(f -> f.major() <= driverMajor).findFirst();
  }
}
