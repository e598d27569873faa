// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec;

/**
 * How a program is compiled. None of it changes a bit of the results.
 *
 * @param fuse false runs every node on its own
 * @param checkNan after each node, a NaN or infinity in its result stops the run with a {@link
 *     NonFiniteException} that names the node and the line that traced it; implies no fusion
 */
public record CompileOptions(boolean fuse, boolean checkNan) {
  public static final CompileOptions DEFAULT = new CompileOptions(true, false);
  public static final CompileOptions UNFUSED = new CompileOptions(false, false);
  public static final CompileOptions CHECK_NAN = new CompileOptions(false, true);
}
