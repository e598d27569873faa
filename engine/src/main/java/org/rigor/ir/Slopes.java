// SPDX-License-Identifier: Apache-2.0
package org.rigor.ir;

/**
 * What an operation's slope rule can ask about one model's operands: Lipschitz bounds, in one norm,
 * of those that depend on the network's input, and the values of the others. Every result is
 * rounded up, except {@link #smallest}, which is a lower bound.
 */
public interface Slopes {
  /**
   * Returns the bound of the result from that of the one operand that depends on the input.
   *
   * @param factor at least the largest slope with respect to that operand
   * @throws MissingRuleException if several depend on it
   */
  double times(double factor);

  /**
   * Returns the position of the one operand that depends on the input; throws as {@link #times}.
   */
  int moving();

  /** Bounds a sum or difference of the operands. */
  double sum();

  /** Bounds operands that fill the result together, or a choice of one operand per element. */
  double beside();

  /** Returns at least the largest magnitude of an operand that does not depend on the input. */
  double largest(int i);

  /** Returns at most the smallest magnitude of an operand that does not depend on the input. */
  double smallest(int i);

  /**
   * Returns at least the norm of the linear map that the operation applies to its moving operand.
   */
  double map();

  /** Returns at least the norm of repeating each element n times. */
  double repeated(long n);

  /** Returns at least the norm of adding n elements. */
  double added(long n);
}
