// SPDX-License-Identifier: Apache-2.0
/**
 * Expression kernels printed as source: scalar Java, Vector API Java, CUDA C++, all with the bits
 * of the interpreter. A new node of {@link org.rigor.ir.ExprOp} is printed here three times and
 * nowhere else.
 */
package org.rigor.exec.codegen;
