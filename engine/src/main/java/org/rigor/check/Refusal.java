// SPDX-License-Identifier: Apache-2.0
package org.rigor.check;

/** Says why a claim is not accepted. */
final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1;

  Refusal(String why) {
    super(why);
  }
}
