// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.loading;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Set;

/**
 * The user's own folder for what can be made again: native libraries, compiled kernels, the
 * emulator. {@code RIGOR_CACHE}, else {@code $XDG_CACHE_HOME/rigor}, else {@code ~/.cache/rigor}.
 * Since code is loaded from it, nobody else may be able to write in it.
 */
public final class CacheFolder {
  private static final Set<PosixFilePermission> OTHERS_WRITE =
      Set.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);

  private CacheFolder() {}

  public static Path root() {
    String named = System.getProperty("rigor.cache", System.getenv("RIGOR_CACHE"));
    if (named != null) {
      return Path.of(named);
    }
    String xdg = System.getenv("XDG_CACHE_HOME");
    return xdg != null && !xdg.isEmpty()
        ? Path.of(xdg, "rigor")
        : Path.of(System.getProperty("user.home"), ".cache", "rigor");
  }

  /**
   * Makes a private folder (mode 0700) below the root, or checks the one that is there.
   *
   * @throws CudaFailure if it cannot be made or is another user's or open to other writers
   */
  public static Path make(String... below) {
    Path dir = Path.of(root().toString(), below);
    try {
      Files.createDirectories(dir.getParent());
      if (!Files.isDirectory(dir)) {
        Files.createDirectories(
            dir,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      }
      for (PosixFilePermission p : Files.getPosixFilePermissions(dir)) {
        if (OTHERS_WRITE.contains(p)) {
          throw new CudaFailure(
              "native code is not loaded from "
                  + dir
                  + ": other users can write there; run chmod"
                  + " 700 on it or set RIGOR_CACHE to a private folder");
        }
      }
      String owner = Files.getOwner(dir).getName();
      String user = System.getProperty("user.name");
      if (!owner.equals(user) && !Files.isWritable(dir)) {
        throw new CudaFailure(
            dir + " belongs to " + owner + " and " + user + " cannot write there; set RIGOR_CACHE");
      }
      return dir;
    } catch (IOException e) {
      throw new CudaFailure(
          "cannot make the cache folder "
              + dir
              + " ("
              + e.getMessage()
              + "); set RIGOR_CACHE to a writable folder",
          "",
          e);
    }
  }

  /** Writes beside the target and renames, so that no reader ever sees half a file. */
  public static void write(Path target, byte[] bytes) throws IOException {
    Path half = Files.createTempFile(target.getParent(), target.getFileName().toString(), ".part");
    try {
      Files.write(half, bytes);
      Files.move(half, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(half);
    }
  }

  public static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  public static String hex(byte[] digest) {
    return HexFormat.of().formatHex(digest);
  }
}
