// SPDX-License-Identifier: Apache-2.0
/**
 * Expression trees printed as source. To add a target: a subclass of {@link
 * org.rigor.exec.codegen.ScalarPrinter}; its kernels must agree bit by bit with {@link
 * org.rigor.ir.ExprInterpreter}.
 */
package org.rigor.exec.codegen;
