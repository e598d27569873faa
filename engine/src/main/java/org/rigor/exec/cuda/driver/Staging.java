// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.driver;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Copies between host arrays and device memory, ordered with the work of a stream. Small copies go
 * through pinned memory, so writing a learning rate does not wait for earlier steps; {@link
 * LargeCopies} go in chunks.
 */
public final class Staging implements AutoCloseable {
  private static final int BYTES = 1 << 20;
  private static final int LARGEST = BYTES / 4;
  private static final int ALIGNMENT = 16;

  private final CudaStream stream;
  private final PinnedMemory pinned;
  private int next;
  private LargeCopies large;

  public Staging(CudaStream stream) {
    this.stream = stream;
    this.pinned = new PinnedMemory(stream.context(), "staging", BYTES);
  }

  public void write(DeviceMemory to, Object array) {
    int bytes = bytes(array);
    if (bytes > LARGEST) {
      large().write(to, array, bytes);
      return;
    }
    int at = reserve(bytes);
    ByteBuffer b = slice(at, bytes);
    if (array instanceof float[] a) {
      b.asFloatBuffer().put(a);
    } else if (array instanceof double[] a) {
      b.asDoubleBuffer().put(a);
    } else {
      b.asIntBuffer().put((int[]) array);
    }
    stream.upload(to, 0, pinned, at, bytes);
  }

  /** Fills the array from device memory, starting at byte {@code offset}. */
  public void read(DeviceMemory from, long offset, Object array) {
    int bytes = bytes(array);
    if (bytes > LARGEST) {
      large().read(from, offset, array, bytes);
      return;
    }
    int at = reserve(bytes);
    stream.download(pinned, at, from, offset, bytes);
    stream.synchronize();
    ByteBuffer b = slice(at, bytes);
    if (array instanceof float[] a) {
      b.asFloatBuffer().get(a);
    } else if (array instanceof double[] a) {
      b.asDoubleBuffer().get(a);
    } else {
      b.asIntBuffer().get((int[]) array);
    }
  }

  private LargeCopies large() {
    if (large == null) {
      large = new LargeCopies(stream);
    }
    return large;
  }

  /** Reserves pinned memory that no queued copy uses, waiting for the stream when full. */
  private int reserve(int bytes) {
    if (next + bytes > BYTES) {
      stream.synchronize();
      next = 0;
    }
    int at = next;
    next += (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return at;
  }

  private ByteBuffer slice(int at, int bytes) {
    return pinned.buffer().slice(at, bytes).order(ByteOrder.nativeOrder());
  }

  private static int bytes(Object array) {
    return array instanceof float[] a
        ? Math.multiplyExact(4, a.length)
        : array instanceof double[] a
            ? Math.multiplyExact(8, a.length)
            : Math.multiplyExact(4, ((int[]) array).length);
  }

  @Override
  public void close() {
    if (large != null) {
      large.close();
    }
    pinned.close();
  }
}
