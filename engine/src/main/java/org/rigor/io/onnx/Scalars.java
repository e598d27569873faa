// SPDX-License-Identifier: Apache-2.0
package org.rigor.io.onnx;

import java.util.Arrays;

/** A growing run of 64-bit words: integers, or the bits of floating-point numbers. */
final class Scalars {
  private long[] words = new long[8];
  private int size;

  void add(long word) {
    if (size == words.length) {
      words = Arrays.copyOf(words, 2 * size);
    }
    words[size++] = word;
  }

  int size() {
    return size;
  }

  long get(int i) {
    return words[i];
  }

  long[] toArray() {
    return Arrays.copyOf(words, size);
  }
}
