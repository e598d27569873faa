// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

/** A norm on inputs. */
public enum Norm {
  LINF,
  L2
}
