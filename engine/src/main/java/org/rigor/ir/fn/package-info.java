// SPDX-License-Identifier: Apache-2.0
/**
 * Elementary functions as expression trees, and how far each may be from the exact value. To add
 * one: a tree beside its relatives, a line in {@link org.rigor.ir.fn.Functions}, its bounds in
 * {@link org.rigor.ir.fn.UlpBounds}, and its name in the test that measures them.
 */
package org.rigor.ir.fn;
