// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.loading;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.rigor.cache.CacheFolder;

/**
 * Stand-ins for the CUDA libraries that compile kernels with g++ and run them on the CPU. Built
 * once per source version, in the cache folder.
 */
public final class Emulator {
  private static final String RESOURCE = "/rigor/emulator/";
  private static final String LIST = "FILES";
  private static final String SCRIPT = "build.sh";
  private static final int BUILD_SECONDS = 300;

  private Emulator() {}

  /**
   * Loads the emulator, building this version first if needed.
   *
   * @throws CudaFailure if g++ is missing, the build fails (with the compiler's output), or the
   *     process already holds the machine's CUDA
   */
  public static CudaLibraries load() {
    return CudaLibraries.emulator(Emulator::build);
  }

  /** Returns why the emulator cannot be used here, or empty if it can. */
  public static Optional<String> unavailable() {
    if (Emulator.class.getResource(RESOURCE + LIST) == null) {
      return Optional.of("the class path holds no " + RESOURCE + LIST);
    }
    String compiler = System.getenv().getOrDefault("RIGOR_EMULATOR_CXX", "g++");
    for (String dir : System.getenv().getOrDefault("PATH", "").split(":")) {
      if (Files.isExecutable(Path.of(dir).resolve(compiler))) {
        return Optional.empty();
      }
    }
    return Optional.of(
        "the CUDA emulator compiles kernels with " + compiler + ", and there is none on PATH");
  }

  /** Returns the folder with the built libraries. The script builds only what is not there yet. */
  private static Path build() {
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
    Path dir = CudaCache.folder("emulator", key);
    try {
      for (Map.Entry<String, byte[]> source : sources.entrySet()) {
        Path file = dir.resolve("source").resolve(source.getKey());
        Files.createDirectories(file.getParent());
        if (!Files.exists(file) || !Arrays.equals(Files.readAllBytes(file), source.getValue())) {
          CacheFolder.write(file, source.getValue());
        }
      }
      run(dir);
    } catch (IOException e) {
      throw new CudaFailure("cannot lay out the emulator in " + dir + ": " + e, "", e);
    }
    return dir.resolve("lib");
  }

  private static void run(Path dir) throws IOException {
    Path log = Files.createTempFile(dir, "build", ".log");
    try {
      Process process =
          new ProcessBuilder("sh", "source/" + SCRIPT, dir.resolve("lib").toString())
              .directory(dir.toFile())
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      if (!process.waitFor(BUILD_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new CudaFailure("building the emulator took longer than " + BUILD_SECONDS + " s");
      }
      if (process.exitValue() != 0) {
        throw new CudaFailure(
            "building the emulator failed with status "
                + process.exitValue()
                + ":\n"
                + Files.readString(log));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CudaFailure("building the emulator was interrupted", "", e);
    } finally {
      Files.deleteIfExists(log);
    }
  }

  private static Map<String, byte[]> sources() {
    Map<String, byte[]> files = new TreeMap<>();
    for (String name : new String(read(LIST), StandardCharsets.UTF_8).split("\\s+")) {
      files.put(name, read(name));
    }
    return files;
  }

  private static byte[] read(String name) {
    try (InputStream in = Emulator.class.getResourceAsStream(RESOURCE + name)) {
      if (in == null) {
        throw new CudaFailure("the class path holds no " + RESOURCE + name);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new CudaFailure("cannot read " + RESOURCE + name, "", e);
    }
  }
}
