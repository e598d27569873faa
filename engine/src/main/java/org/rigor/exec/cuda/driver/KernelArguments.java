// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.driver;

import java.nio.ByteBuffer;
import java.util.Arrays;
import jcuda.Pointer;

/**
 * Arguments of one kernel launch, laid out once in pinned memory as the driver expects: an array of
 * addresses and the values they point to. A launch from such a block costs a tenth of one that
 * marshals Java objects. The driver reads the values during the launch call, so they may change as
 * soon as it returns, by one thread at a time.
 */
public final class KernelArguments {
  private static final int ALIGNMENT = 16;

  private final PinnedMemory memory;
  private final int[] at;
  private final int[] sizes;
  private final Pointer pointer;

  /**
   * Lays out a block at {@code offset} (a multiple of 16) of {@code memory}.
   *
   * @param sizes size of each argument in bytes, in the kernel's order: 8 for a pointer
   */
  public KernelArguments(PinnedMemory memory, int offset, int... sizes) {
    if (offset % ALIGNMENT != 0 || offset < 0 || offset + bytes(sizes) > memory.bytes()) {
      throw new IllegalArgumentException(
          "a block of " + bytes(sizes) + " bytes does not fit at " + offset + " of " + memory);
    }
    this.memory = memory;
    this.sizes = sizes.clone();
    this.at = new int[sizes.length];
    int value = offset + align(8 * sizes.length);
    for (int i = 0; i < sizes.length; i++) {
      at[i] = value;
      memory.buffer().putLong(offset + 8 * i, memory.address(value));
      value += align(sizes[i]);
    }
    pointer = memory.at(offset);
  }

  /** Returns how many bytes a block with these argument sizes takes. */
  public static int bytes(int... sizes) {
    return align(8 * sizes.length) + Arrays.stream(sizes).map(KernelArguments::align).sum();
  }

  private static int align(int n) {
    return (n + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  public int count() {
    return at.length;
  }

  public void set(int i, DeviceMemory value, long offset) {
    set(i, value.address(offset));
  }

  public void set(int i, long value) {
    memory.buffer().putLong(checked(i, 8), value);
  }

  public void set(int i, int value) {
    memory.buffer().putInt(checked(i, 4), value);
  }

  public void set(int i, float value) {
    memory.buffer().putFloat(checked(i, 4), value);
  }

  public void set(int i, double value) {
    memory.buffer().putDouble(checked(i, 8), value);
  }

  /** Returns the bytes of argument {@code i}, for structures passed by value; native byte order. */
  public ByteBuffer value(int i) {
    ByteBuffer all = memory.buffer();
    return all.slice(at[i], sizes[i]).order(all.order());
  }

  private int checked(int i, int size) {
    if (sizes[i] != size) {
      throw new IllegalArgumentException(
          "argument " + i + " has " + sizes[i] + " bytes, the value has " + size);
    }
    return at[i];
  }

  Pointer pointer() {
    memory.buffer();
    return pointer;
  }
}
