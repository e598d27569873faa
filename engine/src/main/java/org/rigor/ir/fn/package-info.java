// SPDX-License-Identifier: Apache-2.0
/**
 * Elementary functions as expression trees, and bounds on their errors. To add one, write a tree
 * beside its relatives, add a line to {@link org.rigor.ir.fn.Functions} and its bounds to {@link
 * org.rigor.ir.fn.UlpBounds}, and name it in the test that measures them.
 */
package org.rigor.ir.fn;
