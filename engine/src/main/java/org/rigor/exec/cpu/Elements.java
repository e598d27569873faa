// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import org.rigor.exec.plan.Nest;

/** Single elements of arrays as the bits that expressions work on. */
final class Elements {
  private Elements() {}

  static long bits(Object array, int i) {
    return array instanceof float[] f
        ? Float.floatToRawIntBits(f[i])
        : array instanceof double[] d ? Double.doubleToRawLongBits(d[i]) : ((int[]) array)[i];
  }

  static void set(Object array, int i, long bits) {
    if (array instanceof float[] f) {
      f[i] = Float.intBitsToFloat((int) bits);
    } else if (array instanceof double[] d) {
      d[i] = Double.longBitsToDouble(bits);
    } else {
      ((int[]) array)[i] = (int) bits;
    }
  }

  /** Adds to each operand's index the offset of element {@code e} of the nest. */
  static void advance(Nest nest, long e, int[] at) {
    long rest = e;
    for (int l = nest.loops() - 1; l >= 0; l--) {
      long i = rest % nest.extents()[l];
      rest /= nest.extents()[l];
      for (int o = 0; o < nest.strides().length; o++) {
        at[o] += (int) (i * nest.strides()[o][l]);
      }
    }
  }
}
