// SPDX-License-Identifier: Apache-2.0
package org.rigor.check;

import java.util.List;

/**
 * What a proof is about: for each item, clauses none of which can be reached.
 *
 * @param digest of the file it comes from and of what else was asked
 * @param items one of a property; a sample each of data
 */
record Question(String digest, List<Item> items) {
  /**
   * One property.
   *
   * @param number of the sample; 0 of a property
   */
  record Item(int number, String name, List<Clause> clauses) {}
}
