// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec;

import org.rigor.ir.Program;

/** A compiled program with its arena. Nothing is allocated during {@link #run}. */
public interface Executable extends AutoCloseable {
  Program program();

  /**
   * The buffer of an input.
   *
   * @throws IllegalArgumentException if there is no such input
   */
  Buffer input(String name);

  /**
   * The buffer of an output; of a state pair, either name gives the one buffer.
   *
   * @throws IllegalArgumentException if there is no such output
   */
  Buffer output(String name);

  /** Runs once. */
  void run();

  /** Bytes of the arena. */
  long arenaBytes();

  @Override
  void close();
}
