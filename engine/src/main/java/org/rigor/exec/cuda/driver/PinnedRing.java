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

  /**
   * Arrays to the host that are queued one behind the other, and waited for together; the host need
   * not wait for what was queued behind them.
   */
  private static final class Group {
    private final CudaEvent arrived;
    private int readings;

    Group(CudaEvent arrived) {
      this.arrived = arrived;
    }
  }

  private final CudaStream stream;
  private final ArrayBytes arrays;
  private final PinnedMemory pinned;
  private final List<Section> sections = new ArrayList<>();

  /** Groups whose arrays have arrived, and all that there are. */
  private final Deque<Group> spare = new ArrayDeque<>();

  private final List<Group> groups = new ArrayList<>();
  private Group last;
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
    Reading whole = new Reading(array, group());
    int bytes = ArrayBytes.size(array);
    for (int to = 0; to < bytes; ) {
      int part = room(bytes - to);
      stream.download(pinned, next, from, offset + to, part);
      sections.get(current).arriving.add(new Part(whole, to, next, part));
      whole.missing.add(current);
      taken(part);
      to += part;
    }
    whole.group.arrived.record(stream);
    whole.queued();
    return whole;
  }

  /** Returns the last group, if nothing else was queued since. */
  private Group group() {
    if (last != null && last.readings > 0 && last.arrived.isLast()) {
      return last;
    }
    if (spare.isEmpty()) {
      spare.add(new Group(new CudaEvent(stream.context())));
      groups.add(spare.peek());
    }
    last = spare.remove();
    return last;
  }

  /** An array that is filled section by section. */
  private final class Reading implements Staging.Reading {
    private final Object array;

    /** Sections that hold parts not yet in the array, in order. */
    private final Deque<Integer> missing = new ArrayDeque<>();

    private final Group group;
    private boolean whole;

    private Reading(Object array, Group group) {
      this.array = array;
      this.group = group;
    }

    private void take(Part p, int section) {
      arrays.unpack(pinned, p.at, array, p.to, p.bytes);
      missing.removeFirstOccurrence(section);
      leave();
    }

    /** Says that all its copies are queued. */
    private void queued() {
      whole = true;
      group.readings++;
      leave();
    }

    private void leave() {
      if (whole && done()) {
        group.readings--;
        if (group.readings == 0) {
          spare.add(group);
        }
      }
    }

    @Override
    public boolean done() {
      return missing.isEmpty();
    }

    @Override
    public void finish() {
      while (!done()) {
        int section = missing.peek();
        if (section != current) {
          settle(section);
        } else if (group.arrived.isLast()) {
          sections.get(current).left.record(stream);
          settle(current);
          next = current * size; // all that was copied through this section is done
        } else {
          group.arrived.synchronize();
          List.copyOf(missing).forEach(this::takeFrom);
        }
      }
    }

    private void takeFrom(int section) {
      for (Part p : List.copyOf(sections.get(section).arriving)) {
        if (p.whole == this) {
          sections.get(section).arriving.remove(p);
          take(p, section);
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
      p.whole.take(p, section);
    }
  }

  @Override
  public void close() {
    sections.forEach(s -> s.left.close());
    groups.forEach(g -> g.arrived.close());
    pinned.close();
  }
}
