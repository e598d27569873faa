// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.loading;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** The files this process has mapped, as listed by the kernel: what was actually loaded. */
final class LoadedLibraries {
  private LoadedLibraries() {}

  /** Returns the mapped file whose name starts with {@code prefix}, if any (Linux only). */
  static Optional<Path> find(String prefix) {
    try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
      return maps.filter(line -> line.indexOf('/') >= 0)
          .map(line -> Path.of(line.substring(line.indexOf('/'))))
          .filter(path -> path.getFileName().toString().startsWith(prefix))
          .findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
