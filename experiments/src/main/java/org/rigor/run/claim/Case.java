// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.claim;

import java.util.Map;
import java.util.Optional;
import org.rigor.run.statistics.Interval;
import org.rigor.run.study.ClaimSpec;

/** A claim at one set of grid points, with the evidence for it. */
interface Case {
  ClaimSpec claim();

  /** Returns the values of the grid's keys that the case fixes, without those it runs along. */
  Map<String, String> settings();

  /** Returns the verdict at one alpha; a decision at one alpha stands at every larger one. */
  Verdict verdict(double alpha);

  /** Returns the estimate of the claimed quantity; NaN if there is none. */
  double estimate();

  /** Returns the interval of one error, or empty if there are too few values. */
  Optional<Interval> interval(ClaimSpec.Error error, double alpha);

  /** Returns the number of seeds or images behind an error. */
  int count(ClaimSpec.Error error);

  /** Returns why nothing can be decided; empty if something can. */
  String lacking();

  /** Returns what a reader must know besides the interval; may be empty. */
  default String note() {
    return "";
  }
}
