// SPDX-License-Identifier: Apache-2.0
package org.rigor.ir;

/**
 * Two lines that enclose a function f on an interval: {@code lowerSlope t + lowerIntercept <= f(t)
 * <= upperSlope t + upperIntercept} in real arithmetic for every t in it. A NaN carries no
 * information. If f reduces some axes, as a maximum does, slopes have the operand's extents there,
 * the products are summed, and intercepts have extent 1.
 */
public record Lines(
    Value lowerSlope, Value lowerIntercept, Value upperSlope, Value upperIntercept) {}
