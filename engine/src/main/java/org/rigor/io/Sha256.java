// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 checksums as 64 lower-case hexadecimal digits. */
public final class Sha256 {
  private Sha256() {}

  /**
   * Returns the checksum of a file's bytes on disk (a .gz file is not unpacked).
   *
   * @throws DataException if the file cannot be read
   */
  public static String of(Path file) {
    MessageDigest digest = digest();
    byte[] buffer = new byte[1 << 16];
    try (InputStream in = Files.newInputStream(file)) {
      for (int n; (n = in.read(buffer)) > 0; ) {
        digest.update(buffer, 0, n);
      }
    } catch (IOException e) {
      throw ByteInput.failure(file.toString(), e);
    }
    return hex(digest);
  }

  /**
   * Returns the checksum of a file's content: of the unpacked bytes if it is gzipped, so
   * compression does not change it.
   *
   * @throws DataException if the file cannot be read or its compressed stream is damaged
   */
  public static String ofContent(Path file) {
    MessageDigest digest = digest();
    byte[] buffer = new byte[1 << 16];
    try (ByteInput in = ByteInput.open(file)) {
      for (int n; (n = in.readSome(buffer)) > 0; ) {
        digest.update(buffer, 0, n);
      }
    }
    return hex(digest);
  }

  /** Returns the checksum of a byte array. */
  public static String of(byte[] bytes) {
    MessageDigest digest = digest();
    digest.update(bytes);
    return hex(digest);
  }

  /** Returns a new digest, for content that is produced in pieces. */
  public static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform must have SHA-256", e);
    }
  }

  /** Finishes a digest and returns it in hexadecimal. */
  public static String hex(MessageDigest digest) {
    return HexFormat.of().formatHex(digest.digest());
  }
}
