// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import org.rigor.ir.Value;

/**
 * A traced hidden layer between two dense ones: h = x K + b, a = s(h), z = a V + c.
 *
 * @param key full name of the parameter K, [inputs, units]
 * @param value full name of the parameter V, [units, outputs]
 * @param input x, [M or 1, B, inputs] or [M or 1, B, tokens, inputs]
 * @param pre h, pre-activations, [M, B, units] or with tokens
 * @param active a, activations, shaped like {@code pre}
 * @param output z, before anything is added to it
 */
public record HiddenUnits(
    String key, String value, Value input, Value pre, Value active, Value output) {

  /** Returns these units with parameter names prefixed by {@code prefix}. */
  HiddenUnits in(String prefix) {
    return new HiddenUnits(prefix + key, prefix + value, input, pre, active, output);
  }
}
