// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

/** IEEE 754 binary16 conversions, which JDK 17 lacks (they came with 20). */
final class HalfFloat {
  private HalfFloat() {}

  /** Returns the float of equal value, keeping NaN payloads in the upper bits. */
  static float toFloat(short half) {
    int sign = (half & 0x8000) << 16;
    int exponent = half >>> 10 & 0x1F;
    int fraction = half & 0x3FF;
    if (exponent == 0) {
      float magnitude = fraction * 0x1p-24f;
      return sign == 0 ? magnitude : -magnitude;
    }
    // 112 rebiases 15 to 127; infinities and NaN take the largest exponent of the wider type.
    int wide = exponent == 0x1F ? 0xFF : exponent + 112;
    return Float.intBitsToFloat(sign | wide << 23 | fraction << 13);
  }

  /**
   * Returns the half of equal value.
   *
   * @throws IllegalArgumentException if there is none, or it is not finite
   */
  static short exact(float v) {
    int sign = Float.floatToRawIntBits(v) >>> 16 & 0x8000;
    float size = Math.abs(v);
    int exponent = Math.max(-14, Math.min(15, Math.getExponent(size)));
    int steps = (int) (size / Math.scalb(1f, exponent - 10));
    boolean normal = size >= 0x1p-14f;
    int half = normal ? (exponent + 15 << 10) + (steps - 1024) : steps;
    if (!(size <= 65504) || toFloat((short) half) != size) {
      throw new IllegalArgumentException(v + " is not exact in float16");
    }
    return (short) (sign | half);
  }
}
