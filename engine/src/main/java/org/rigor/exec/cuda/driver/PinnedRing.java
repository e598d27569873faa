// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.driver;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Ring of pinned sections through which arrays cross between host and device in the order of a
 * stream. Neither direction waits while the ring has room: an array to the device may change as
 * soon as it is queued, one to the host is filled when it is asked for or its section is needed
 * again.
 */
final class PinnedRing implements AutoCloseable {
  private static final int ALIGNMENT = 16;

  /** A part of an array to the host, in pinned memory from {@code at} on. */
  private record Part(Reading whole, int to, int at, int bytes) {}

  /** Pinned memory with an event behind its last copy. */
  private record Section(CudaEvent left, Deque<Part> arriving) {}

  private final CudaStream stream;
  private final ArrayBytes arrays;
  private final PinnedMemory pinned;
  private final List<Section> sections = new ArrayList<>();
  private final int size;
  private int current;
  private int next;

  /**
   * @param size bytes of a section, a multiple of 16
   */
  PinnedRing(CudaStream stream, ArrayBytes arrays, String name, int sections, int size) {
    this.stream = stream;
    this.arrays = arrays;
    this.size = size;
    this.pinned = new PinnedMemory(stream.context(), name, Math.multiplyExact(sections, size));
    for (int s = 0; s < sections; s++) {
      this.sections.add(new Section(new CudaEvent(stream.context()), new ArrayDeque<>()));
    }
  }

  /** Queues a copy of an array to device memory, from byte {@code offset} on. */
  void write(DeviceMemory to, long offset, Object array) {
    int bytes = ArrayBytes.size(array);
    for (int from = 0; from < bytes; ) {
      int part = room(bytes - from);
      arrays.pack(array, from, pinned, next, part);
      stream.upload(to, offset + from, pinned, next, part);
      taken(part);
      from += part;
    }
  }

  /** Queues a copy of device memory, from byte {@code offset} on, to an array. */
  Staging.Reading read(DeviceMemory from, long offset, Object array) {
    Reading whole = new Reading(array);
    int bytes = ArrayBytes.size(array);
    for (int to = 0; to < bytes; ) {
      int part = room(bytes - to);
      stream.download(pinned, next, from, offset + to, part);
      sections.get(current).arriving.add(new Part(whole, to, next, part));
      whole.missing.add(current);
      taken(part);
      to += part;
    }
    return whole;
  }

  /** An array that is filled section by section. */
  private final class Reading implements Staging.Reading {
    private final Object array;

    /** Sections that hold parts not yet in the array, in order. */
    private final Deque<Integer> missing = new ArrayDeque<>();

    private Reading(Object array) {
      this.array = array;
    }

    @Override
    public boolean done() {
      return missing.isEmpty();
    }

    @Override
    public void finish() {
      while (!done()) {
        int section = missing.peek();
        if (section == current) {
          sections.get(current).left.record(stream);
          settle(current);
          next = current * size; // all that was copied through this section is done
        } else {
          settle(section);
        }
      }
    }
  }

  /** Returns the bytes that fit behind {@link #next}, going on to the next section when full. */
  private int room(int wanted) {
    if (next == (current + 1) * size) {
      sections.get(current).left.record(stream);
      current = (current + 1) % sections.size();
      settle(current);
      next = current * size;
    }
    return Math.min(wanted, (current + 1) * size - next);
  }

  private void taken(int bytes) {
    next += (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  /** Waits for the copies through a section, and takes out what arrived. */
  private void settle(int section) {
    Section s = sections.get(section);
    s.left.synchronize();
    for (Part p = s.arriving.poll(); p != null; p = s.arriving.poll()) {
      arrays.unpack(pinned, p.at, p.whole.array, p.to, p.bytes);
      p.whole.missing.removeFirstOccurrence(section);
    }
  }

  @Override
  public void close() {
    sections.forEach(s -> s.left.close());
    pinned.close();
  }
}
