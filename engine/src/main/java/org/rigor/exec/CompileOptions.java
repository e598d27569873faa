// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec;

/**
 * How a program is compiled. Only {@code products} changes a bit of the results.
 *
 * @param fuse false runs every node on its own
 * @param checkNan after each node, a NaN or infinity in its result stops the run with a {@link
 *     NonFiniteException} that names the node and the line that traced it; implies no fusion
 * @param products what the operands of matrix products of floats may be rounded to
 */
public record CompileOptions(boolean fuse, boolean checkNan, Products products) {
  public static final CompileOptions DEFAULT = new CompileOptions(true, false, Products.EXACT);
  public static final CompileOptions UNFUSED = new CompileOptions(false, false, Products.EXACT);
  public static final CompileOptions CHECK_NAN = new CompileOptions(false, true, Products.EXACT);

  /** Returns these options with other products. */
  public CompileOptions with(Products other) {
    return new CompileOptions(fuse, checkNan, other);
  }
}
