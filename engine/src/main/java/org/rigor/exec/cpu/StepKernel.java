// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

/** A step prepared for the CPU. Thread-safe: all state is in the frame. */
interface StepKernel {
  /**
   * Computes part {@code part} of {@code parts} of the result for models {@code from} to {@code to}
   * (exclusive). The parts are disjoint and together are the whole; how it is cut changes no bit.
   */
  void run(Frame frame, int from, int to, int part, int parts);

  /** Returns elementary operations per model, to decide whether cutting pays. */
  long cost();
}
