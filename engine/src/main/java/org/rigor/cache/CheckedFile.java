// SPDX-License-Identifier: Apache-2.0
package org.rigor.cache;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/** A file that begins with the SHA-256 of the rest, so that a torn or altered one is found out. */
public final class CheckedFile {
  private static final int SUM = 32;

  private CheckedFile() {}

  /**
   * Returns the content of a file; empty if its checksum does not match.
   *
   * @throws NoSuchFileException if there is none
   * @throws IOException if it cannot be read, or is a link
   */
  public static Optional<byte[]> read(Path file) throws IOException {
    byte[] all;
    try (var in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
      all = in.readAllBytes();
    }
    if (all.length < SUM) {
      return Optional.empty();
    }
    byte[] content = Arrays.copyOfRange(all, SUM, all.length);
    boolean whole = Arrays.equals(CacheFolder.sha256().digest(content), 0, SUM, all, 0, SUM);
    return whole ? Optional.of(content) : Optional.empty();
  }

  /** Writes a temporary file beside the target and renames it, so readers never see half a file. */
  public static void write(Path file, byte[] content) throws IOException {
    byte[] sum = CacheFolder.sha256().digest(content);
    byte[] all = Arrays.copyOf(sum, SUM + content.length);
    System.arraycopy(content, 0, all, SUM, content.length);
    CacheFolder.write(file, all);
  }
}
