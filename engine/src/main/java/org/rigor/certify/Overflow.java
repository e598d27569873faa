// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * Numbers of rows on the host, and a temporary file of those for which the heap has no room: what
 * was used longest ago is written there, and read when it is asked for. The file goes when this
 * closes, or the process ends.
 */
final class Overflow implements AutoCloseable {
  private final long room;
  private final Opener opener;

  /** Numbers in the heap, those used longest ago first. */
  private final Set<Row.Numbers> held = new LinkedHashSet<>();

  private long bytes;
  private FileChannel file;
  private long end;

  /** Places in the file that are free, by their length in bytes. */
  private final Map<Integer, Deque<Long>> free = new HashMap<>();

  /** Opens a file to write and read. */
  @FunctionalInterface
  interface Opener {
    FileChannel open() throws IOException;
  }

  /**
   * @param room most bytes in the heap
   */
  Overflow(long room) {
    this(room, Overflow::temporary);
  }

  Overflow(long room, Opener opener) {
    this.room = room;
    this.opener = opener;
  }

  private static FileChannel temporary() throws IOException {
    return FileChannel.open(
        Files.createTempFile("rigor-search", ".tmp"),
        StandardOpenOption.READ,
        StandardOpenOption.WRITE,
        StandardOpenOption.DELETE_ON_CLOSE);
  }

  /** Returns the bytes of numbers in the heap. */
  long bytes() {
    return bytes;
  }

  /** Returns the bytes of the file. */
  long written() {
    return end;
  }

  /**
   * Counts numbers that have come to the heap, and writes others if they are too many.
   *
   * @throws OverflowException if they cannot be written
   */
  void hold(Row.Numbers n) {
    held.add(n);
    bytes += n.bytes();
    Iterator<Row.Numbers> oldest = held.iterator();
    while (bytes > room && held.size() > 1) {
      Row.Numbers old = oldest.next();
      long size = old.bytes();
      old.leave(this);
      oldest.remove();
      bytes -= size;
    }
  }

  /** Stops counting numbers that nobody uses any more. */
  void release(Row.Numbers n) {
    if (held.remove(n)) {
      bytes -= n.bytes();
    }
  }

  /**
   * Writes numbers and returns their place.
   *
   * @throws OverflowException if they cannot be written
   */
  long write(float[] some, float[] more) {
    ByteBuffer all = buffer(some.length + more.length);
    all.asFloatBuffer().put(some).put(more);
    int size = all.capacity();
    Long place = free.getOrDefault(size, new ArrayDeque<>()).poll();
    long at = place == null ? end : place;
    try {
      file = file == null ? opener.open() : file;
      while (all.hasRemaining()) {
        file.write(all, at + all.position());
      }
    } catch (IOException e) {
      throw new OverflowException(
          "search: memory has no room for its numbers, and the temporary folder %s takes no more: %s"
              .formatted(System.getProperty("java.io.tmpdir"), e.getMessage()),
          e);
    }
    end = Math.max(end, at + size);
    return at;
  }

  /** Reads numbers from a place. */
  void read(long at, float[] some, float[] more) {
    ByteBuffer all = buffer(some.length + more.length);
    try {
      while (all.hasRemaining()) {
        if (file.read(all, at + all.position()) < 0) {
          throw new IOException("its file was cut short");
        }
      }
    } catch (IOException e) {
      throw new OverflowException("search: cannot read its numbers: " + e.getMessage(), e);
    }
    all.flip();
    all.asFloatBuffer().get(some).get(more);
  }

  /** Frees a place. */
  void free(long at, int numbers) {
    free.computeIfAbsent(Float.BYTES * numbers, size -> new ArrayDeque<>()).push(at);
  }

  private static ByteBuffer buffer(int numbers) {
    return ByteBuffer.allocate(Float.BYTES * numbers).order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public void close() {
    if (file == null) {
      return;
    }
    try {
      file.close();
    } catch (IOException e) {
      throw new UncheckedIOException("search: cannot delete its file", e);
    }
  }
}
