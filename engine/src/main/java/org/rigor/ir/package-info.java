// SPDX-License-Identifier: Apache-2.0
/**
 * Programs as values: {@link org.rigor.ir.Value} is a traced result, {@link org.rigor.ir.Program}
 * named inputs and outputs over them, {@link org.rigor.ir.Lowering} the closed set of computations
 * a backend runs, {@link org.rigor.ir.Expr} the body of an elementwise kernel. To add a
 * simplification, add a case to {@link org.rigor.ir.Simplify}; it must keep the bits of every
 * result. A new operation changes nothing here.
 */
package org.rigor.ir;
