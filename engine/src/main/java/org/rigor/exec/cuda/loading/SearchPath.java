// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.loading;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * Folders that may hold CUDA's user libraries, in search order: what the user named, the active
 * environments, the system's toolkit, the linker's folders, other Python installations.
 *
 * <p>{@code RIGOR_CUDA_HOME} (or the property {@code rigor.cuda.home}) is binding: if set, the
 * toolkit is searched for only there.
 */
final class SearchPath {
  private static final String[] TOOLKIT = {"lib64", "targets/x86_64-linux/lib", "lib", ""};
  private static final String[] DRIVER = {
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib64",
    "/usr/lib/wsl/lib",
    "/usr/local/nvidia/lib64",
    "/usr/local/nvidia/lib",
    "/run/opengl-driver/lib"
  };

  private final Map<Path, String> folders = new LinkedHashMap<>();
  private final UnaryOperator<String> env;
  private final Path root;

  private SearchPath(UnaryOperator<String> env, Path root) {
    this.env = env;
    this.root = root;
  }

  /** Returns existing folders for NVRTC and cuBLAS, each with the reason it is on the list. */
  static Map<Path, String> toolkit(UnaryOperator<String> env, Path root) {
    SearchPath s = new SearchPath(env, root);
    String home = env.apply("RIGOR_CUDA_HOME");
    if (home != null) {
      s.toolkitIn(Path.of(home), "RIGOR_CUDA_HOME");
      s.python(Path.of(home), "RIGOR_CUDA_HOME");
      return s.folders;
    }
    s.named();
    for (Path dir : s.children(root.resolve("usr/local"), "cuda*")) {
      s.toolkitIn(dir, "toolkit");
    }
    s.toolkitIn(root.resolve("opt/cuda"), "toolkit");
    s.linker("libnvrtc.so.");
    s.linker("libcublas.so.");
    s.add(root.resolve("usr/lib/x86_64-linux-gnu"), "system folder");
    s.add(root.resolve("usr/lib64"), "system folder");
    s.pythons();
    return s.folders;
  }

  /** Returns existing folders for the driver library {@code libcuda.so.1}. */
  static Map<Path, String> driver(UnaryOperator<String> env, Path root) {
    SearchPath s = new SearchPath(env, root);
    s.libraryPath();
    s.linker("libcuda.so.1");
    for (String dir : DRIVER) {
      s.add(root.resolve(dir.substring(1)), "system folder");
    }
    for (Path dir : s.children(root.resolve("usr/local"), "cuda*")) {
      s.add(dir.resolve("compat"), "forward compatibility");
    }
    return s.folders;
  }

  private void named() {
    for (String name : new String[] {"CUDA_HOME", "CUDA_PATH"}) {
      if (env.apply(name) != null) {
        toolkitIn(Path.of(env.apply(name)), name);
      }
    }
    libraryPath();
    for (String name : new String[] {"CONDA_PREFIX", "VIRTUAL_ENV"}) {
      if (env.apply(name) != null) {
        Path prefix = Path.of(env.apply(name));
        toolkitIn(prefix, name);
        python(prefix, name);
      }
    }
  }

  private void libraryPath() {
    String path = env.apply("LD_LIBRARY_PATH");
    if (path != null) {
      for (String dir : path.split(":")) {
        if (!dir.isEmpty()) {
          add(Path.of(dir), "LD_LIBRARY_PATH");
        }
      }
    }
  }

  private void linker(String prefix) {
    for (Path file : LinkerCache.find(root.resolve("etc/ld.so.cache"), prefix)) {
      add(file.getParent(), "ld.so.cache");
    }
  }

  /**
   * Adds Python installations that no variable names: on PATH, the user's, the system's, in /opt.
   */
  private void pythons() {
    String path = env.apply("PATH");
    for (String dir : path == null ? new String[0] : path.split(":")) {
      Path exe = Path.of(dir.isEmpty() ? "." : dir, "python3");
      if (Files.exists(exe) && exe.getParent().getParent() != null) {
        python(exe.getParent().getParent(), "python3 on PATH");
      }
    }
    String home = env.apply("HOME");
    if (home != null) {
      python(Path.of(home, ".local"), "user's Python packages");
      for (String conda : new String[] {"miniconda3", "miniforge3", "anaconda3"}) {
        toolkitIn(Path.of(home, conda), "conda");
        python(Path.of(home, conda), "conda");
      }
    }
    python(root.resolve("usr"), "system Python");
    python(root.resolve("usr/local"), "system Python");
    for (Path dir : children(root.resolve("opt"), "*")) {
      python(dir, "Python in /opt");
      python(dir.resolve(".venv"), "Python in /opt");
      python(dir.resolve("venv"), "Python in /opt");
    }
  }

  /**
   * Adds the folders of pip packages: nvidia/cublas/lib, nvidia/cuda_nvrtc/lib and the newer
   * nvidia/cu13/lib.
   */
  private void python(Path prefix, String why) {
    for (Path python : children(prefix.resolve("lib"), "python3*")) {
      for (String packages : new String[] {"site-packages", "dist-packages"}) {
        for (Path part : children(python.resolve(packages).resolve("nvidia"), "*")) {
          add(part.resolve("lib"), why);
        }
      }
    }
  }

  private void toolkitIn(Path home, String why) {
    for (String sub : TOOLKIT) {
      add(home.resolve(sub), why);
    }
  }

  private void add(Path dir, String why) {
    if (Files.isDirectory(dir)) {
      folders.putIfAbsent(dir.normalize(), why);
    }
  }

  /** Lists the newest version first: cuda-13.0 is tried before cuda-12.4, and both after cuda. */
  private List<Path> children(Path dir, String glob) {
    List<Path> found = new ArrayList<>();
    if (Files.isDirectory(dir)) {
      try (DirectoryStream<Path> stream = Files.newDirectoryStream(dir, glob)) {
        stream.forEach(found::add);
      } catch (IOException e) {
        return List.of();
      }
    }
    Collections.sort(found, Collections.reverseOrder());
    found.stream()
        .filter(p -> p.endsWith("cuda"))
        .findFirst()
        .ifPresent(
            p -> {
              found.remove(p);
              found.add(0, p);
            });
    return found;
  }
}
