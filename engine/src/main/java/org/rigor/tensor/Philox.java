// SPDX-License-Identifier: Apache-2.0
package org.rigor.tensor;

/**
 * Philox 4x32-10: a pure function from a 128-bit counter and a 64-bit key to 128 random bits.
 *
 * <p>Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011,
 * section 4.3. Words are unsigned 32-bit values carried in {@code int}. Nothing is allocated and
 * there is no state, so equal arguments give equal bits on every machine, thread and device.
 */
public final class Philox {
  private static final long MUL_0 = 0xD2511F53L;
  private static final long MUL_1 = 0xCD9E8D57L;
  private static final int WEYL_0 = 0x9E3779B9;
  private static final int WEYL_1 = 0xBB67AE85;
  private static final long LOW_32 = 0xFFFFFFFFL;
  private static final int ROUNDS = 10;

  private Philox() {}

  /**
   * Writes the four words of one block to {@code out[at .. at + 3]}.
   *
   * @param c0 counter word 0, the least significant, which callers step first
   * @param k0 key word 0
   * @throws ArrayIndexOutOfBoundsException if {@code out} has no room for four words at {@code at}
   */
  public static void block(int c0, int c1, int c2, int c3, int k0, int k1, int[] out, int at) {
    for (int round = 0; round < ROUNDS; round++) {
      long p0 = MUL_0 * (c0 & LOW_32);
      long p1 = MUL_1 * (c2 & LOW_32);
      c0 = (int) (p1 >>> 32) ^ c1 ^ k0;
      c2 = (int) (p0 >>> 32) ^ c3 ^ k1;
      c1 = (int) p1;
      c3 = (int) p0;
      k0 += WEYL_0;
      k1 += WEYL_1;
    }
    out[at] = c0;
    out[at + 1] = c1;
    out[at + 2] = c2;
    out[at + 3] = c3;
  }

  /** Returns {@code k * 2^-24} for the upper 24 bits k of a word: exact, in [0, 1). */
  public static float toFloat(int word) {
    return (word >>> 8) * 0x1p-24f;
  }

  /**
   * Returns {@code k * 2^-53} for the 53 bits k made of the upper 27 bits of {@code high} and the
   * upper 26 bits of {@code low}: exact, in [0, 1).
   */
  public static double toDouble(int high, int low) {
    return (((long) (high >>> 5) << 26) | (low >>> 6)) * 0x1p-53;
  }
}
