// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.yaml;

/**
 * One thing wrong with a study.
 *
 * @param place where it is
 * @param message what was required and what was found
 */
public record Problem(Place place, String message) {
  @Override
  public String toString() {
    return place.head() + ": " + message + System.lineSeparator() + place.excerpt();
  }
}
