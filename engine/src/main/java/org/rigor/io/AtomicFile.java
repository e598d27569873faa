// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Atomic writes of whole files. A reader sees either the old or the new content, at any time and
 * after any crash: the content goes to a temporary file in the same folder, is flushed to disk,
 * then renamed.
 */
public final class AtomicFile {
  private AtomicFile() {}

  /** The content of a file. */
  @FunctionalInterface
  public interface Content {
    void writeTo(OutputStream out) throws IOException;
  }

  /**
   * Replaces or creates {@code target}. The folder must exist.
   *
   * @throws UncheckedIOException if it cannot be written, with a sentence that names the file and
   *     the reason; the target is then as it was and no temporary file is left
   */
  public static void write(Path target, Content content) {
    Path file = target.toAbsolutePath();
    Path folder = file.getParent();
    if (folder == null) {
      throw failure(target, new IOException("it is a file system's root, not a file"));
    }
    String unique = Long.toHexString(ThreadLocalRandom.current().nextLong());
    Path temporary = folder.resolve("." + file.getFileName() + "." + unique + ".tmp");
    try {
      try (FileChannel channel =
          FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
        content.writeTo(out);
        out.flush();
        channel.force(true);
      }
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      syncFolder(folder);
    } catch (IOException e) {
      throw failure(target, e);
    } finally {
      deleteLeftover(temporary);
    }
  }

  /** Replaces or creates a UTF-8 text file. */
  public static void write(Path target, String text) {
    write(target, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
  }

  // Makes the rename itself durable. Windows cannot open folders and journals renames anyway.
  private static void syncFolder(Path folder) throws IOException {
    if (folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }

  // After a rename there is nothing left to delete; a second error must not hide the first.
  private static void deleteLeftover(Path temporary) {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException ignored) {
      // see above
    }
  }

  private static UncheckedIOException failure(Path target, IOException e) {
    String reason;
    if (e instanceof NoSuchFileException || e instanceof NotDirectoryException) {
      reason = "its folder does not exist";
    } else if (e instanceof AccessDeniedException) {
      reason = "permission to write there is missing";
    } else {
      reason = e.getMessage() == null ? e.toString() : e.getMessage();
    }
    // Pass the message explicitly: the other constructor prefixes the class name.
    return new UncheckedIOException(
        "could not write " + target + ": " + reason + "; nothing was changed", e);
  }
}
