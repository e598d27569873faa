// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.yaml;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.rigor.io.Sha256;

/** The origin of a record's code. A plugin's code affects results, so its checksum is recorded. */
final class Origin {
  private static final Map<ClassLoader, String> SUMS = new ConcurrentHashMap<>();

  private Origin() {}

  /** Returns the checksum of the jar a class was loaded from; empty for Rigor's own classes. */
  static Optional<String> sha256(Class<?> c) {
    ClassLoader loader = c.getClassLoader();
    return loader == Origin.class.getClassLoader()
        ? Optional.empty()
        : Optional.of(SUMS.computeIfAbsent(loader, l -> sum(c)));
  }

  private static String sum(Class<?> c) {
    CodeSource source = c.getProtectionDomain().getCodeSource();
    try {
      return Sha256.of(Files.readAllBytes(Path.of(source.getLocation().toURI())));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the jar of " + c.getName(), e);
    } catch (URISyntaxException | NullPointerException e) {
      throw new IllegalStateException(c.getName() + " comes from no file", e);
    }
  }
}
