// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.loading;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Check of who could replace a native library. Loading one runs its code as this user, so only root
 * and this user may own it or write to it, and the same holds for every folder and link above it.
 *
 * <p>Users who name a toolkit themselves ({@code RIGOR_CUDA_HOME}) vouch for its owner and group,
 * such as a cluster's software group; world-writable files are refused even then. A user-private
 * group (gid equal to the uid, as many systems set up) counts as the owner.
 */
final class Trust {
  private static final int OTHERS_WRITE = 0002;
  private static final int GROUP_WRITE = 0020;
  private static final int STICKY = 01000;
  private static final int TYPE = 0170000;
  private static final int LINK = 0120000;
  private static final String IDENTITY = "0 0 4294967295";

  private Trust() {}

  /**
   * Returns why code is not loaded from a file, with the path at fault; empty if it may be.
   *
   * @param named whether the user named the toolkit the file belongs to
   */
  static Optional<String> fault(Path file, boolean named) {
    Path path = file.toAbsolutePath().normalize();
    if (!path.getFileSystem().supportedFileAttributeViews().contains("unix")) {
      return Optional.empty();
    }
    try {
      Optional<String> fault = chain(path, named);
      return fault.isPresent() ? fault : chain(path.toRealPath(), named);
    } catch (IOException e) {
      return Optional.of("its owner cannot be read (" + e.getMessage() + ")");
    }
  }

  private static Optional<String> chain(Path path, boolean named) throws IOException {
    for (Path p = path; p != null; p = p.getParent()) {
      Map<String, Object> a =
          Files.readAttributes(p, "unix:mode,uid,gid", LinkOption.NOFOLLOW_LINKS);
      int uid = (int) a.get("uid");
      if (!named && !trusted(uid)) {
        return Optional.of(p + " belongs to the user " + uid + ", not to you or root");
      }
      if (writable((int) a.get("mode"), uid, (int) a.get("gid"), named)) {
        return Optional.of("others than its owner can write " + p);
      }
    }
    return Optional.empty();
  }

  /** Returns whether others can replace a file or, of a folder, what others own in it. */
  static boolean writable(int mode, int uid, int gid, boolean named) {
    if ((mode & TYPE) == LINK || (mode & STICKY) != 0) {
      return false;
    }
    boolean byGroup = (mode & GROUP_WRITE) != 0 && gid != 0 && gid != uid && !named;
    return byGroup || (mode & OTHERS_WRITE) != 0;
  }

  /**
   * Returns whether a file's owner is trusted. A rootless container shows files of the host's root
   * under the overflow uid, which stands for every unmapped user.
   */
  static boolean trusted(int uid) throws IOException {
    return uid == 0
        || uid == (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid")
        || uid == Integer.parseInt(first("/proc/sys/kernel/overflowuid"))
            && !first("/proc/self/uid_map").replaceAll("\\s+", " ").equals(IDENTITY);
  }

  private static String first(String file) throws IOException {
    return Files.readString(Path.of(file)).strip();
  }
}
