// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/**
 * A stream of bytes with a name for messages and, where it is known, the number of bytes left. All
 * errors, including an early end of the stream, become {@link DataException}.
 */
final class ByteInput implements Closeable {
  static final long UNKNOWN = -1;

  private final InputStream in;
  private final String name;
  private long left;
  private long position;

  /** Wraps a stream whose length cannot be known in advance, such as a compressed one. */
  ByteInput(InputStream in, String name) {
    this(in, name, UNKNOWN);
  }

  ByteInput(InputStream in, String name, long length) {
    this.in = in;
    this.name = name;
    this.left = length;
  }

  /** Opens a file, unpacking it if it starts with gzip's magic bytes. */
  static ByteInput open(Path file) {
    try {
      return of(stream(file), file.toString(), Files.size(file));
    } catch (IOException e) {
      throw failure(file.toString(), e);
    }
  }

  /** Opens a file of a format that may itself start with gzip's magic bytes. */
  static ByteInput openPlain(Path file) {
    try {
      InputStream raw = new BufferedInputStream(stream(file), 1 << 16);
      return new ByteInput(raw, file.toString(), Files.size(file));
    } catch (IOException e) {
      throw failure(file.toString(), e);
    }
  }

  private static InputStream stream(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new DataException(file + ": is a folder, a file was required");
    }
    return Files.newInputStream(file);
  }

  /** Wraps a stream, unpacking it if it starts with gzip's magic bytes; closes it on an error. */
  static ByteInput of(InputStream stream, String name, long length) throws IOException {
    try {
      InputStream raw = new BufferedInputStream(stream, 1 << 16);
      raw.mark(2);
      boolean gzip = raw.read() == 0x1f && raw.read() == 0x8b;
      raw.reset();
      return gzip
          ? new ByteInput(new GZIPInputStream(raw, 1 << 16), name)
          : new ByteInput(raw, name, length);
    } catch (IOException e) {
      closeQuietly(stream);
      throw e;
    }
  }

  String name() {
    return name;
  }

  /** Returns the number of bytes read so far. */
  long position() {
    return position;
  }

  /**
   * Throws if the stream is known to have fewer than {@code bytes} bytes left.
   *
   * @param what what they are needed for
   */
  void require(long bytes, String what) {
    if (left != UNKNOWN && bytes > left) {
      throw error(what + " takes " + bytes + " bytes, only " + left + " are left in the file");
    }
  }

  /** Returns whether the length is known, so that a successful {@link #require} is conclusive. */
  boolean lengthKnown() {
    return left != UNKNOWN;
  }

  /** Fills {@code n} bytes of the buffer. */
  void read(byte[] buffer, int n, String what) {
    try {
      int got = in.readNBytes(buffer, 0, n);
      position += got;
      if (left != UNKNOWN) {
        left -= got;
      }
      if (got < n) {
        throw error(what + " ends after " + position + " bytes: the file is truncated");
      }
    } catch (IOException e) {
      throw failure(name, e);
    }
  }

  /** Reads up to the buffer's length; returns 0 or less at the end of the stream. */
  int readSome(byte[] buffer) {
    try {
      return in.read(buffer);
    } catch (IOException e) {
      throw failure(name, e);
    }
  }

  byte[] read(int n, String what) {
    require(n, what);
    byte[] b = new byte[n];
    read(b, n, what);
    return b;
  }

  /** Throws if bytes follow. Also makes a compressed stream check its own trailer. */
  void requireEnd(String what) {
    try {
      if (in.read() != -1) {
        throw error("bytes follow " + what + ", which ends at byte " + position);
      }
    } catch (IOException e) {
      throw failure(name, e);
    }
  }

  DataException error(String problem) {
    return new DataException(name + ": " + problem);
  }

  /** Returns the exception for an I/O error on a file. */
  static DataException failure(String name, IOException e) {
    String reason;
    if (e instanceof NoSuchFileException) {
      reason = "no such file";
    } else if (e instanceof AccessDeniedException) {
      reason = "permission to read it is missing";
    } else if (e instanceof EOFException) {
      reason = "the compressed stream is truncated";
    } else {
      reason = "cannot be read, " + (e.getMessage() == null ? e.toString() : e.getMessage());
    }
    return new DataException(name + ": " + reason, e);
  }

  @Override
  public void close() {
    closeQuietly(in);
  }

  // An error on closing a stream that was only read cannot spoil data already checked.
  private static void closeQuietly(InputStream in) {
    if (in != null) {
      try {
        in.close();
      } catch (IOException ignored) {
        // see above
      }
    }
  }
}
