// SPDX-License-Identifier: Apache-2.0
package org.rigor.cache;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Set;

/**
 * The user's private folder for files that can be rebuilt: native libraries, compiled kernels, the
 * emulator. {@code RIGOR_CACHE}, else {@code $XDG_CACHE_HOME/rigor}, else {@code ~/.cache/rigor}.
 * Since code is loaded from it, nobody else may be able to write in it.
 */
public final class CacheFolder {
  private static final Set<PosixFilePermission> OTHERS_WRITE =
      Set.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);

  private CacheFolder() {}

  /**
   * Returns the folder, which need not exist.
   *
   * @throws CacheException if none is named and the user has no home folder
   */
  public static Path root() {
    String named = System.getProperty("rigor.cache", System.getenv("RIGOR_CACHE"));
    if (named != null) {
      return Path.of(named);
    }
    String xdg = System.getenv("XDG_CACHE_HOME");
    if (xdg != null && !xdg.isEmpty()) {
      return Path.of(xdg, "rigor");
    }
    Path home = Path.of(System.getProperty("user.home"));
    if (!home.isAbsolute()) { // Java says "?" of a user whom the system does not know
      throw new CacheException(
          "the user has no home folder for a cache; set RIGOR_CACHE to a writable folder", null);
    }
    return home.resolve(".cache").resolve("rigor");
  }

  /**
   * Makes a private folder (mode 0700) below the root, or checks an existing one. The path to the
   * root may contain links; below it none is accepted.
   *
   * @throws CacheException if it cannot be made, is a link, belongs to another user, or others can
   *     write to it
   */
  public static Path make(String... below) {
    Path dir = root();
    try {
      Files.createDirectories(dir);
      for (String step : below) {
        dir = dir.resolve(step);
        if (!Files.exists(dir, LinkOption.NOFOLLOW_LINKS)) {
          create(dir);
        }
        requirePrivate(dir);
      }
      return dir;
    } catch (IOException | UnsupportedOperationException e) { // or no owners and modes here
      throw new CacheException(
          "cannot make the cache folder "
              + dir
              + " ("
              + e.getMessage()
              + "); set RIGOR_CACHE to a writable folder",
          e);
    }
  }

  /** Creates a folder; another process may create it at the same time. */
  private static void create(Path dir) throws IOException {
    try {
      Files.createDirectory(
          dir, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    } catch (FileAlreadyExistsException e) {
      // Checked like any existing folder.
    }
  }

  private static void requirePrivate(Path dir) throws IOException {
    if (!Files.isDirectory(dir, LinkOption.NOFOLLOW_LINKS)) {
      throw new CacheException(
          "code is not loaded from "
              + dir
              + ": it is a link or a file where a folder of the user is needed; remove it or set"
              + " RIGOR_CACHE",
          null);
    }
    UserPrincipal owner = Files.getOwner(dir, LinkOption.NOFOLLOW_LINKS);
    if (!owner.equals(user(dir))) {
      throw new CacheException(
          "code is not loaded from "
              + dir
              + ": it belongs to "
              + owner.getName()
              + "; set RIGOR_CACHE to a folder of "
              + System.getProperty("user.name"),
          null);
    }
    for (PosixFilePermission p : Files.getPosixFilePermissions(dir, LinkOption.NOFOLLOW_LINKS)) {
      if (OTHERS_WRITE.contains(p)) {
        throw new CacheException(
            "code is not loaded from "
                + dir
                + ": other users can write there; run chmod"
                + " 700 on it or set RIGOR_CACHE to a private folder",
            null);
      }
    }
  }

  /** Returns this process's user as the file system knows it; it may have no name. */
  private static UserPrincipal user(Path dir) throws IOException {
    Path self = Path.of("/proc/self");
    return Files.exists(self)
        ? Files.getOwner(self)
        : dir.getFileSystem()
            .getUserPrincipalLookupService()
            .lookupPrincipalByName(System.getProperty("user.name"));
  }

  /** Writes a temporary file beside the target and renames it, so readers never see half a file. */
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
