// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.driver;

/**
 * Copies between host arrays and device memory, ordered with the work of a stream. Small copies go
 * through a ring of their own, so that writing a learning rate does not wait for large ones.
 */
public final class Staging implements AutoCloseable {
  private static final int SMALL_SECTIONS = 4;
  private static final int SMALL = 1 << 18;

  /** Together more than 10,000 images of 28x28 floats, so that writing those waits for nothing. */
  private static final int LARGE_SECTIONS = 8;

  private static final int LARGE = 4 << 20;

  /** A copy to a host array that has been queued. */
  public interface Reading {
    /** Returns whether the array is filled. */
    boolean done();

    /** Waits for the copy and fills the array. */
    void finish();
  }

  private final CudaStream stream;
  private final ArrayBytes arrays = new ArrayBytes();
  private final PinnedRing small;
  private PinnedRing large;

  public Staging(CudaStream stream) {
    this.stream = stream;
    this.small = new PinnedRing(stream, arrays, "staging", SMALL_SECTIONS, SMALL);
  }

  /**
   * Queues a copy of a whole array, which may change as soon as this returns, to byte {@code
   * offset} of device memory.
   */
  public void write(DeviceMemory to, long offset, Object array) {
    ring(array).write(to, offset, array);
  }

  /** Queues a copy that fills an array from device memory, starting at byte {@code offset}. */
  public Reading read(DeviceMemory from, long offset, Object array) {
    return ring(array).read(from, offset, array);
  }

  private PinnedRing ring(Object array) {
    if (ArrayBytes.size(array) <= SMALL) {
      return small;
    }
    if (large == null) {
      large = new PinnedRing(stream, arrays, "large copies", LARGE_SECTIONS, LARGE);
    }
    return large;
  }

  @Override
  public void close() {
    arrays.close();
    if (large != null) {
      large.close();
    }
    small.close();
  }
}
