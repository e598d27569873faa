// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory;

import java.util.List;
import java.util.Map;

/**
 * The findings of a law.
 *
 * @param id of its trial
 * @param seconds it took
 * @param findings its rows, in order
 * @param claims not yet judged, since the claims of a study share alpha
 * @param reports numbers that claim nothing, by name
 * @param charts its figures
 */
public record LawResult(
    String id,
    double seconds,
    List<Finding> findings,
    List<SeedClaim> claims,
    Map<String, Double> reports,
    List<Chart> charts) {

  /** Returns whether every row agrees with its prediction. */
  public boolean agrees() {
    return findings.stream().allMatch(Finding::agrees);
  }
}
