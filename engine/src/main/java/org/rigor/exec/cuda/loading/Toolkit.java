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
 * Location of CUDA's user libraries on this machine. Reads file names, owners and modes; loads
 * nothing.
 *
 * @param driver {@code libcuda.so.1}, if any
 * @param nvrtc every NVRTC found, in search order
 * @param cublas every cuBLAS found, in search order
 * @param checks the search, step by step
 */
public record Toolkit(
    Optional<Found> driver, List<Found> nvrtc, List<Found> cublas, List<Check> checks) {

  /** Major versions whose libraries the bindings work with. */
  static final List<Integer> MAJORS = List.of(13, 12);

  private static final String CLOSE =
      "take the right to write from others (chmod go-w); if you trust its owner and group, name the"
          + " toolkit in RIGOR_CUDA_HOME";

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
    List<String> leftOut = new ArrayList<>();
    Optional<Found> driver = Optional.empty();
    for (Map.Entry<Path, String> f : driverFolders.entrySet()) {
      Path file = f.getKey().resolve("libcuda.so.1");
      Found found = new Found(file, 1, f.getValue(), List.of());
      if (driver.isEmpty() && Files.exists(file) && trusted(found, leftOut)) {
        driver = Optional.of(found);
      }
    }
    checks.add(
        driver
            .map(d -> Check.good("libcuda.so.1", d.text() + text(leftOut)))
            .orElseGet(
                () ->
                    Check.bad(
                        "libcuda.so.1",
                        "not in " + driverFolders.keySet() + text(leftOut),
                        leftOut.isEmpty()
                            ? "install the NVIDIA driver (525 or later); in a container, start it"
                                + " with GPU access (--gpus all)"
                            : CLOSE)));
    List<Found> nvrtc =
        libraries("libnvrtc", "libnvrtc-builtins", folders, env, "nvidia-cuda-nvrtc", checks);
    List<Found> cublas =
        libraries("libcublas", "libcublasLt", folders, env, "nvidia-cublas", checks);
    return new Toolkit(driver, nvrtc, cublas, List.copyOf(checks));
  }

  private static List<Found> libraries(
      String name,
      String first,
      Map<Path, String> folders,
      UnaryOperator<String> env,
      String wheel,
      List<Check> checks) {
    List<Found> found = new ArrayList<>();
    List<String> leftOut = new ArrayList<>();
    for (Map.Entry<Path, String> folder : folders.entrySet()) {
      for (int major : MAJORS) {
        Path file = folder.getKey().resolve(name + ".so." + major);
        if (Files.exists(file)) {
          List<Path> before = before(folder.getKey(), first, major);
          Found library = new Found(file, major, folder.getValue(), before);
          if (trusted(library, leftOut)) {
            found.add(library);
          }
        }
      }
    }
    checks.add(check(name, found, leftOut, folders, env, wheel));
    return found;
  }

  /** Returns whether a library and those loaded before it are trusted; else records why not. */
  private static boolean trusted(Found library, List<String> leftOut) {
    boolean named = library.why().equals("RIGOR_CUDA_HOME");
    Optional<String> fault = Trust.fault(library.file(), named);
    for (Path p : library.first()) {
      fault = fault.or(() -> Trust.fault(p, named));
    }
    fault.ifPresent(why -> leftOut.add(library.file() + ": " + why));
    return fault.isEmpty();
  }

  private static String text(List<String> leftOut) {
    return leftOut.isEmpty() ? "" : "; not loaded: " + String.join("; ", leftOut);
  }

  /**
   * Returns the companions of that major version: {@code libcublasLt.so.13}, {@code
   * ...builtins.so.13.0}.
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
      List<String> leftOut,
      Map<Path, String> folders,
      UnaryOperator<String> env,
      String wheel) {
    if (!found.isEmpty()) {
      String more = found.size() > 1 ? ", and " + (found.size() - 1) + " more" : "";
      return Check.good(
          name + ".so." + found.get(0).major(), found.get(0).text() + more + text(leftOut));
    }
    String home = env.apply("RIGOR_CUDA_HOME");
    String looked = name + ".so.12 or .13 not in " + folders.keySet() + text(leftOut);
    if (!leftOut.isEmpty()) {
      return Check.bad(name, looked, CLOSE);
    }
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

  /**
   * Returns the first library found whose version the driver can run, newest first within a folder.
   */
  static Optional<Found> newestFor(int driverMajor, List<Found> found) {
    return found.stream().filter(f -> f.major() <= driverMajor).findFirst();
  }
}
