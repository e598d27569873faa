// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.rigor.exec.cuda.code.KernelCache;
import org.rigor.exec.cuda.code.Nvrtc;
import org.rigor.exec.cuda.driver.CompiledKernels;
import org.rigor.exec.cuda.loading.BindingLibraries;

/**
 * Compiles the units of a folder with a real NVRTC, in a process of its own, since the one that
 * runs the tests may hold the emulator's. Arguments: libraries to load in order, separated by
 * commas; their major version; the folder; architectures. Prints a line a unit and architecture.
 */
final class NvrtcProcess {
  private static final String HEADERS = "headers";

  private NvrtcProcess() {}

  static void store(Path folder, String name, Nvrtc.Source unit) throws IOException {
    Files.createDirectories(folder.resolve(HEADERS));
    Files.writeString(folder.resolve(name), unit.text());
    for (var header : unit.headers().entrySet()) {
      Files.writeString(folder.resolve(HEADERS).resolve(header.getKey()), header.getValue());
    }
  }

  public static void main(String[] args) throws IOException {
    for (String library : args[0].split(",")) {
      System.load(library);
    }
    int major = Integer.parseInt(args[1]);
    BindingLibraries.initialise("jcuda.nvrtc.JNvrtc", BindingLibraries.nvrtc(major));
    jcuda.nvrtc.JNvrtc.setExceptionsEnabled(true);
    Path folder = Path.of(args[2]);
    SortedMap<String, String> headers = new TreeMap<>();
    for (Path header : files(folder.resolve(HEADERS))) {
      headers.put(header.getFileName().toString(), Files.readString(header));
    }
    KernelCache none = new KernelCache(Files.createTempDirectory(folder, "cache"));
    for (int a = 3; a < args.length; a++) {
      Nvrtc compiler = new Nvrtc(false, Integer.parseInt(args[a]), "test", none);
      for (Path file : files(folder)) {
        String name = file.getFileName().toString();
        long start = System.nanoTime();
        CompiledKernels image =
            compiler.compile(
                new Nvrtc.Source(name, Files.readString(file), headers, List.of(), List.of()));
        long ms = (System.nanoTime() - start) / 1_000_000;
        System.out.printf("ok %s sm_%s %d bytes %d ms%n", name, args[a], image.image().length, ms);
      }
    }
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(Files::isRegularFile).sorted().toList();
    }
  }
}
