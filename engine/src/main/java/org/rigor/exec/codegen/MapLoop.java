// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.codegen;

/** Two nested loops around an expression kernel; generated classes implement it. */
public interface MapLoop {
  /**
   * Evaluates the kernel on {@code rows} times {@code n} elements.
   *
   * @param arrays {@code float[]}, {@code double[]} or {@code int[]} of each operand, in the order
   *     of the kernel's arguments, then its outputs
   * @param at index of each operand's first element
   * @param rowStrides distance of each operand's rows, in elements
   * @param strides distance of each operand's elements within a row
   * @param params bits of the kernel's parameters
   */
  void run(
      Object[] arrays, int[] at, int rows, int[] rowStrides, int n, int[] strides, long[] params);
}
