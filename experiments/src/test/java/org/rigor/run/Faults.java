// SPDX-License-Identifier: Apache-2.0
package org.rigor.run;

import java.util.Arrays;
import java.util.Random;

/** Damaged bytes; an input depends on its number alone. */
public final class Faults {
  private Faults() {}

  /** Random numbers of a round; neighbouring rounds share none. */
  public static Random random(int round) {
    return new Random(round * 0x9E3779B97F4A7C15L + 1);
  }

  /**
   * Returns a file with one to three faults: bytes changed, cut, doubled, inserted, or all behind
   * lost.
   */
  public static byte[] in(byte[] valid, int round) {
    Random r = random(round);
    byte[] b = valid.clone();
    for (int faults = 1 + r.nextInt(3); faults > 0 && b.length > 0; faults--) {
      int at = r.nextInt(b.length);
      int n = Math.min(b.length - at, 1 + r.nextInt(16));
      switch (r.nextInt(6)) {
        case 0 -> b[at] ^= (byte) (1 << r.nextInt(8));
        case 1 -> b[at] = (byte) r.nextInt();
        case 2 -> b = spliced(b, at, at + n, new byte[0]);
        case 3 -> b = spliced(b, at, at, Arrays.copyOfRange(b, at, at + n));
        case 4 -> {
          byte[] noise = new byte[n];
          r.nextBytes(noise);
          b = spliced(b, at, at, noise);
        }
        default -> b = Arrays.copyOf(b, at);
      }
    }
    return b;
  }

  private static byte[] spliced(byte[] b, int from, int to, byte[] with) {
    byte[] out = Arrays.copyOf(b, b.length - (to - from) + with.length);
    System.arraycopy(with, 0, out, from, with.length);
    System.arraycopy(b, to, out, from + with.length, b.length - to);
    return out;
  }
}
