// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The stand-ins for the CUDA libraries, which compile kernels with g++ and run them on the CPU.
 * Built once per version of their source, in the cache folder.
 */
public final class Emulator {
  private static final String RESOURCE = "rigor/emulator/";
  private static final String SCRIPT = "build.sh";
  private static final int BUILD_SECONDS = 300;

  private Emulator() {}

  /**
   * Builds the emulator if this version is not built yet, and loads it.
   *
   * @throws CudaFailure if there is no g++, its build fails (with the compiler's output), or the
   *     process already holds the machine's CUDA
   */
  public static CudaLibraries load() {
    return CudaLibraries.emulator(build());
  }

  /** Why the emulator cannot be used here, or empty if it can. */
  public static Optional<String> unavailable() {
    if (Emulator.class.getClassLoader().getResource(RESOURCE + SCRIPT) == null) {
      return Optional.of("the kernels jar holds no " + RESOURCE + SCRIPT);
    }
    for (String dir : System.getenv().getOrDefault("PATH", "").split(":")) {
      if (Files.isExecutable(Path.of(dir, "g++"))) {
        return Optional.empty();
      }
    }
    return Optional.of("the CUDA emulator compiles kernels with g++, and there is none on PATH");
  }

  /** The folder with the built libraries. */
  static synchronized Path build() {
    unavailable()
        .ifPresent(
            why -> {
              throw new CudaFailure(why);
            });
    Map<String, byte[]> sources = sources();
    MessageDigest digest = CacheFolder.sha256();
    sources.forEach(
        (name, bytes) -> {
          digest.update(name.getBytes(StandardCharsets.UTF_8));
          digest.update(bytes);
        });
    String key = CacheFolder.hex(digest.digest()).substring(0, 16);
    Path done = CacheFolder.root().resolve("emulator").resolve(key);
    if (Files.exists(done.resolve("build/libcuda.so.1"))) {
      return CacheFolder.make("emulator", key).resolve("build");
    }
    // Built under a name of this process, then renamed: two processes may start at once.
    Path dir = CacheFolder.make("emulator", key + "." + ProcessHandle.current().pid());
    try {
      for (Map.Entry<String, byte[]> source : sources.entrySet()) {
        Path file = dir.resolve(source.getKey());
        Files.createDirectories(file.getParent());
        Files.write(file, source.getValue());
      }
      run(dir);
      if (!Files.exists(done)) {
        Files.move(dir, done);
      }
    } catch (IOException e) {
      if (!Files.exists(done.resolve("build/libcuda.so.1"))) {
        throw new CudaFailure("cannot lay out the emulator in " + dir + ": " + e, "", e);
      }
    }
    return done.resolve("build");
  }

  private static void run(Path dir) throws IOException {
    Path log = dir.resolve("build.log");
    Process process =
        new ProcessBuilder("sh", SCRIPT)
            .directory(dir.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      if (!process.waitFor(BUILD_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new CudaFailure("building the emulator took longer than " + BUILD_SECONDS + " s");
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new CudaFailure("building the emulator was interrupted", "", e);
    }
    if (process.exitValue() != 0 || !Files.exists(dir.resolve("build/libcuda.so.1"))) {
      throw new CudaFailure(
          "building the emulator failed with status "
              + process.exitValue()
              + ": "
              + Files.readString(log));
    }
  }

  private static Map<String, byte[]> sources() {
    URL script = Emulator.class.getClassLoader().getResource(RESOURCE + SCRIPT);
    try {
      if (!"jar".equals(script.getProtocol())) {
        return files(Path.of(script.toURI()).getParent());
      }
      String jar = script.getPath().substring(0, script.getPath().indexOf('!'));
      try (FileSystem zip = FileSystems.newFileSystem(Path.of(URI.create(jar)))) {
        return files(zip.getPath("/" + RESOURCE));
      }
    } catch (IOException | URISyntaxException e) {
      throw new CudaFailure("cannot read the emulator's source at " + script, "", e);
    }
  }

  private static Map<String, byte[]> files(Path folder) throws IOException {
    Map<String, byte[]> files = new TreeMap<>();
    try (Stream<Path> walk = Files.walk(folder)) {
      for (Path file : (Iterable<Path>) walk.filter(Files::isRegularFile)::iterator) {
        String name = folder.relativize(file).toString();
        if (name.startsWith("build/")) {
          continue;
        }
        try (InputStream in = Files.newInputStream(file)) {
          files.put(name, in.readAllBytes());
        }
      }
    }
    return files;
  }
}
