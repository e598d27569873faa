// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.loading;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import jcuda.LibUtils;
import jcuda.driver.JCudaDriver;
import org.rigor.cache.CacheFolder;

/**
 * JCuda's own native libraries, extracted to a private folder and adapted to the CUDA version
 * found.
 *
 * <p>By default JCuda extracts them to the shared temporary folder and loads any file of that name
 * already there. Here every file is compared byte for byte with its expected content before it is
 * loaded.
 */
public final class BindingLibraries {
  private static final String VERSION = "12.6.0";
  private static final int BUILT_FOR = 12;

  private BindingLibraries() {}

  /** Extracts {@code JCudaDriver}, which depends on {@code libcuda.so.1} alone. */
  static Path driver() {
    return layOut("JCudaDriver", read("JCudaDriver"), "driver");
  }

  public static Path nvrtc(int major) {
    return fitted("JNvrtc", "libnvrtc.so.", major);
  }

  static Path cublas(int major) {
    return fitted("JCublas2", "libcublas.so.", major);
  }

  private static Path fitted(String library, String soname, int major) {
    byte[] bytes = read(library);
    if (major != BUILT_FOR) {
      bytes = ElfPatch.rename(bytes, soname + BUILT_FOR, soname + major);
    }
    return layOut(library, bytes, "cuda" + major);
  }

  private static Path layOut(String library, byte[] bytes, String version) {
    Path dir = CudaCache.folder("natives", "jcuda-" + VERSION + "-" + version);
    Path file = dir.resolve(fileName(library));
    try {
      if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
          || !Arrays.equals(Files.readAllBytes(file), bytes)) {
        CacheFolder.write(file, bytes);
      }
      return file;
    } catch (IOException e) {
      throw new CudaFailure("cannot write " + file + ": " + e.getMessage(), "", e);
    }
  }

  private static byte[] read(String library) {
    String resource = "/lib/" + fileName(library);
    try (InputStream in = JCudaDriver.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new CudaFailure(
            "the class path holds no "
                + resource
                + ": JCuda's natives exist for linux-x86_64 and"
                + " windows-x86_64, this is "
                + System.getProperty("os.name")
                + " "
                + System.getProperty("os.arch"));
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new CudaFailure("cannot read " + resource + ": " + e.getMessage(), "", e);
    }
  }

  private static String fileName(String library) {
    return LibUtils.createLibraryFileName(
        LibUtils.createPlatformLibraryName(library + "-" + VERSION));
  }

  /**
   * Initialises a binding class from the private folder. JCuda's loader prefers a file in {@code
   * java.io.tmpdir}, so that property points to the folder during the load.
   *
   * @throws CudaFailure if the class fails to load or loaded another file of that name
   */
  public static synchronized void initialise(String className, Path library) {
    String before = System.getProperty("java.io.tmpdir");
    System.setProperty("java.io.tmpdir", library.getParent().toString());
    try {
      Class.forName(className);
    } catch (ClassNotFoundException | LinkageError e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      String text = String.valueOf(cause.getMessage()).strip();
      throw new CudaFailure("cannot load " + library + ": " + lastCause(text), "", e);
    } finally {
      System.setProperty("java.io.tmpdir", before);
    }
    Path loaded = LoadedLibraries.find(library.getFileName().toString()).orElse(library);
    if (!same(loaded, library)) {
      throw new CudaFailure(
          "the JVM took "
              + loaded
              + " from java.library.path where "
              + library
              + " was required;"
              + " remove that folder from -Djava.library.path and LD_LIBRARY_PATH");
    }
  }

  private static boolean same(Path a, Path b) {
    try {
      return Files.isSameFile(a, b);
    } catch (IOException e) {
      return false;
    }
  }

  /** Returns the linker's message, the last cause of the two stack traces in JCuda's message. */
  private static String lastCause(String text) {
    return text.lines()
        .filter(line -> line.contains("java.lang.UnsatisfiedLinkError: "))
        .reduce((first, last) -> last)
        .map(line -> line.substring(line.indexOf("Error: ") + 7))
        .orElse(text);
  }
}
