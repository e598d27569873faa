// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory;

import org.rigor.exec.Device;

/** The workbench of a law: what it measures with, and where its findings go. */
public interface Lab {

  /** Returns the device that programs run on; the law does not close it. */
  Device device();

  /** Returns the seed all draws of the law derive from. */
  long seed();

  /**
   * Adds a row: the law is violated if the measurement lies farther from the prediction than the
   * tolerance.
   *
   * @throws IllegalArgumentException if the law already has a row of this name
   */
  void compare(String row, String equation, double predicted, double measured, Tolerance tolerance);

  /**
   * Adds a claim about seeds, judged by the interval rule with all other claims of the study (Holm,
   * alpha 0.01).
   *
   * @param id short name, unique within the law
   * @param says the claim in a sentence
   * @param seeds one value per seed, paired differences where arms are compared; at least 5
   * @param relation which side of {@code value} is claimed
   */
  void claim(String id, String says, double[] seeds, Relation relation, double value);

  /** Adds a number that is reported but claims nothing. */
  void report(String name, double value);

  /** Adds a figure. */
  void chart(Chart chart);

  /** Says what the law is doing now, for the progress line. */
  void phase(String name);

  /** Stops the law here if the run should end early. Call it every few seconds between steps. */
  void checkpoint();

  /** The claimed side of a value. */
  enum Relation {
    AT_LEAST,
    AT_MOST,
    WITHIN
  }
}
