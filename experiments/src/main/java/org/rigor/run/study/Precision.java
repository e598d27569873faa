// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

/** Floating-point type of parameters and arithmetic. */
public enum Precision {
  F32,
  F64
}
