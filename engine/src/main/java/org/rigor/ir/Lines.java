// SPDX-License-Identifier: Apache-2.0
package org.rigor.ir;

/**
 * Two lines that enclose an elementwise function f on an interval: {@code lowerSlope t +
 * lowerIntercept <= f(t) <= upperSlope t + upperIntercept} in real arithmetic for every t in it. A
 * NaN says nothing.
 */
public record Lines(
    Value lowerSlope, Value lowerIntercept, Value upperSlope, Value upperIntercept) {}
