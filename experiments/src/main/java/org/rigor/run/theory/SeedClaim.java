// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory;

/**
 * A law's claim about seeds, as measured.
 *
 * @param id unique within the law
 * @param says the claim in a sentence
 * @param seeds one value per seed, finite
 * @param relation which side of {@code value} is claimed
 * @param value bound; half width with {@code WITHIN}
 */
public record SeedClaim(
    String id, String says, double[] seeds, Lab.Relation relation, double value) {
  public SeedClaim {
    for (double s : seeds) {
      if (!Double.isFinite(s)) {
        throw new IllegalArgumentException("claim '%s' has a seed with %s".formatted(id, s));
      }
    }
    if (relation == Lab.Relation.WITHIN && !(value > 0)) {
      throw new IllegalArgumentException(
          "claim '%s': 'within' needs a value > 0, got %s".formatted(id, value));
    }
  }
}
