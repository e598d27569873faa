// SPDX-License-Identifier: Apache-2.0
package org.rigor.verify;

/**
 * A point at which a clause certainly holds for the network in real arithmetic.
 *
 * @param clause its number in the property
 * @param lower sides of the outputs in real arithmetic, [K]
 * @param upper sides of the outputs in real arithmetic, [K]
 * @param floatOutputs of the network in float arithmetic at {@code point.floats()}, [K]
 * @param floatViolates whether those floats, too, lie in the clause as written
 */
public record Counterexample(
    int clause,
    Point point,
    double[] lower,
    double[] upper,
    float[] floatOutputs,
    boolean floatViolates) {}
