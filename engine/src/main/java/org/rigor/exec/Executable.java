// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec;

import org.rigor.ir.Program;

/** A compiled program with its arena. Nothing is allocated during {@link #run}. */
public interface Executable extends AutoCloseable {
  Program program();

  /**
   * Returns the buffer of an input.
   *
   * @throws IllegalArgumentException if there is no such input
   */
  Buffer input(String name);

  /**
   * Returns the buffer of an output; either name of a state pair gives its one buffer.
   *
   * @throws IllegalArgumentException if there is no such output
   */
  Buffer output(String name);

  /** Runs once. */
  void run();

  /** Returns the bytes of the arena. */
  long arenaBytes();

  @Override
  void close();
}
