// SPDX-License-Identifier: Apache-2.0
package org.rigor.ir;

/**
 * What the slope rule of an operation asks of one model's operands: Lipschitz bounds of those that
 * depend on the network's input, in one norm, and the numbers of the others. Every result is
 * rounded up.
 */
public interface Slopes {
  /**
   * Bound of the result from that of the one operand that depends on the input.
   *
   * @param factor at least the largest slope with respect to that operand
   * @throws MissingRuleException if several depend on it
   */
  double times(double factor);

  /** The position of the one operand that depends on the input; throws as {@link #times}. */
  int moving();

  /** Bound of a sum or difference of the operands. */
  double sum();

  /** Bound of operands that fill the result together, or of which each element takes one. */
  double beside();

  /** At least the largest magnitude of an operand that does not depend on the input. */
  double largest(int i);

  /** At most the smallest magnitude of an operand that does not depend on the input. */
  double smallest(int i);

  /** At least the norm of the linear map that the operation is in its moving operand. */
  double map();

  /** At least the norm of repeating each element n times. */
  double repeated(long n);

  /** At least the norm of adding n elements. */
  double added(long n);
}
