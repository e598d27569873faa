// SPDX-License-Identifier: Apache-2.0
package org.rigor.io.onnx;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.rigor.io.DataException;

/**
 * Weights in files beside the model (TensorProto.external_data). A model must not reach other
 * files: locations are relative, stay in the model's folder, and do not follow links out of it.
 */
final class ExternalData {
  private static final Set<String> KEYS = Set.of("location", "offset", "length");

  private final Path folder;
  private final Set<Path> files = new TreeSet<>();

  /**
   * @param folder of the model; null if the model is not a file
   */
  ExternalData(Path folder) {
    this.folder = folder;
  }

  /** Returns the files read so far. */
  Set<Path> files() {
    return files;
  }

  /**
   * Reads the bytes of one tensor.
   *
   * @param what the model's file and the tensor, for messages
   * @param entries location, and offset and length if stated
   * @param required bytes that its extents and type need
   */
  ByteBuffer read(String what, Map<String, String> entries, long required) {
    Set<String> unknown = new TreeSet<>(entries.keySet());
    unknown.removeAll(KEYS);
    if (!unknown.isEmpty()) {
      throw new DataException(
          what + " states " + unknown + " of its external data; known are " + new TreeSet<>(KEYS));
    }
    Path file = locate(what, entries.getOrDefault("location", ""));
    long offset = number(what, entries, "offset", 0);
    try (FileChannel channel = FileChannel.open(file)) {
      long size = channel.size();
      long length = number(what, entries, "length", size - offset);
      if (length != required) {
        throw new DataException(
            "%s needs %d bytes, its part of %s has %d".formatted(what, required, file, length));
      }
      if (offset > size || length > size - offset) {
        throw new DataException(
            "%s lies at byte %d to %d of %s, which has %d"
                .formatted(what, offset, offset + length, file, size));
      }
      ByteBuffer out = ByteBuffer.allocate(Math.toIntExact(length));
      for (int n; out.hasRemaining() && (n = channel.read(out, offset + out.position())) >= 0; ) {
        if (n == 0) {
          Thread.onSpinWait();
        }
      }
      if (out.hasRemaining()) {
        throw new DataException(what + ": " + file + " became shorter while it was read");
      }
      files.add(file);
      return out.flip();
    } catch (IOException e) {
      throw new DataException(what + ": cannot read " + file + ": " + e.getMessage());
    }
  }

  private static long number(String what, Map<String, String> entries, String key, long absent) {
    String text = entries.get(key);
    if (text == null) {
      return absent;
    }
    try {
      long v = Long.parseLong(text);
      if (v >= 0) {
        return v;
      }
    } catch (NumberFormatException e) {
      // The error below covers this.
    }
    throw new DataException(
        what + " has external data with the " + key + " '" + text + "', which must be at least 0");
  }

  private Path locate(String what, String location) {
    if (folder == null) {
      throw new DataException(
          what
              + " is kept in another file, which is found only beside a model read from a file:"
              + " save the network with its weights inside (external_data=False)");
    }
    try {
      Path relative = Path.of(location);
      boolean inside =
          !location.isEmpty()
              && !relative.isAbsolute()
              && relative.equals(relative.normalize())
              && !relative.startsWith("..");
      if (!inside) {
        throw new DataException(
            what
                + " is kept in '"
                + location
                + "'; the location must be relative and stay in the model's folder");
      }
      Path file = folder.resolve(relative);
      if (!Files.isRegularFile(file)) {
        throw new DataException(
            what
                + " is kept in '"
                + location
                + "', which is not a file in "
                + folder
                + ": copy it there, or save the network with its weights inside"
                + " (external_data=False)");
      }
      if (!file.toRealPath().startsWith(folder.toRealPath())) {
        throw new DataException(
            what + " is kept in '" + location + "', a link that leads out of " + folder);
      }
      return file;
    } catch (InvalidPathException e) {
      throw new DataException(what + " is kept in a file whose name is not valid: " + location);
    } catch (IOException e) {
      throw new DataException(what + ": cannot read '" + location + "': " + e.getMessage());
    }
  }
}
