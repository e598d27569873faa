// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

/** What the operands of training's products of floats may be rounded to. */
public enum ProductsKind {
  TF32,
  BF16
}
