// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

/**
 * An operation whose rounding bound in double was measured on samples and enlarged, not proved. A
 * result that depends on it is a BOUND, not CERTIFIED.
 */
public interface MeasuredRounding {}
