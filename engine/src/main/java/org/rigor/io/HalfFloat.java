// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

/** IEEE 754 binary16. JDK 17 has no conversion of its own (it came with 20). */
final class HalfFloat {
  private HalfFloat() {}

  /** The float of equal value; NaN payloads are kept in the upper bits. */
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
}
