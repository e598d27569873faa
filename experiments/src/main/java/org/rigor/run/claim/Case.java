// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.claim;

import java.util.Map;
import java.util.Optional;
import org.rigor.run.statistics.Interval;
import org.rigor.run.study.ClaimSpec;

/** A claim at the grid points where it is made once, with what it rests on. */
interface Case {
  ClaimSpec claim();

  /** Values of the grid's keys that the case is about; without those it goes along. */
  Map<String, String> settings();

  /** Decides at one alpha; what is decided at one stays so at every larger one. */
  Verdict verdict(double alpha);

  /** The quantity claimed; NaN if there is none. */
  double estimate();

  /** The interval of one error, or empty if there are too few values for any. */
  Optional<Interval> interval(ClaimSpec.Error error, double alpha);

  /** Seeds or images it rests on. */
  int count(ClaimSpec.Error error);

  /** Why nothing can be decided; empty if something can. */
  String lacking();

  /** What a reader must know beside the interval; may be empty. */
  default String note() {
    return "";
  }
}
