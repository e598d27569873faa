// SPDX-License-Identifier: Apache-2.0
/**
 * Elementary functions as expression trees, so that they have the same bits on every device. To add
 * one: its tree, a method of {@link org.rigor.ir.fn.Functions}, and its row in {@link
 * org.rigor.ir.fn.UlpBounds}, which the tests hold against higher precision.
 */
package org.rigor.ir.fn;
