// SPDX-License-Identifier: Apache-2.0
package org.rigor.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.rigor.certify.Evidence;
import org.rigor.certify.ProofFile;
import org.rigor.io.DataException;

/** Proofs that cut the region: halves that are missing, moved or not proved are refused. */
class HalvedProofTest extends Forgery {
  private static Evidence box(double... sides) {
    double[] lower = {sides[0], sides[2]};
    double[] upper = {sides[1], sides[3]};
    boolean exact = sides[0] + sides[2] >= 0 || sides[1] + sides[3] <= 0;
    List<Evidence.Leaf> own = exact ? List.of(leaf()) : leaves();
    List<Evidence.Refuted> all = refuted(new double[] {2, 0}, new double[0], own);
    return new Evidence(lower, upper, Map.of(), List.of(), all);
  }

  private static Evidence cut(int input, double at, double... sides) {
    return new Evidence(
        new double[] {sides[0], sides[2]},
        new double[] {sides[1], sides[3]},
        Map.of(),
        List.of(),
        List.of(),
        Optional.of(new Evidence.Halving(input, at)));
  }

  /** Both halves by x_0 at 0, the left one cut again by x_1 at 0. */
  private static List<Evidence> halves() {
    return List.of(
        cut(0, 0, -1, 1, -1, 1),
        cut(1, 0, -1, 0, -1, 1),
        box(-1, 0, -1, 0),
        box(-1, 0, 0, 1),
        box(0, 1, -1, 1));
  }

  private byte[] halves(List<Evidence> parts) {
    ProofFile p = proof(BOX + UNSAFE);
    parts.forEach(p::add);
    return p.bytes();
  }

  private static List<Evidence> with(int place, Evidence other) {
    List<Evidence> parts = new ArrayList<>(halves());
    parts.set(place, other);
    return parts;
  }

  @Test
  void acceptsHalvesOfTheRegion() {
    Checker.Result r = check(BOX + UNSAFE, halves(halves()));
    assertThat(r.verdict()).as(r.why()).isEqualTo("verified");
    assertThat(r.why()).isEqualTo("least bound 0.250");
  }

  @Test
  void refusesHalvesOfWhichOneIsNotProved() {
    for (int n = 0; n < 5; n++) {
      List<Evidence> some = new ArrayList<>(halves());
      some.remove(n);
      refused(BOX + UNSAFE, halves(some), "the proof says nothing of its inputs");
    }
    List<Evidence.Refuted> loose = refuted(new double[] {2, 0}, new double[0], List.of(leaf()));
    double[] from = {-1, 0};
    Evidence open = new Evidence(from, new double[] {0, 1}, Map.of(), List.of(), loose);
    refused(
        BOX + UNSAFE,
        halves(with(3, open)),
        "clause 1 where input 1 is at least 0.0: leaf 1 of 1 has the bound -");
  }

  /** Halves are those of the cut: others that are smaller leave a gap. */
  @Test
  void refusesHalvesThatAreNotThoseOfTheCut() {
    refused(
        BOX + UNSAFE, halves(with(1, cut(1, -0.5, -1, 0, -1, 1))), "says nothing of its inputs");
    refused(BOX + UNSAFE, halves(with(4, box(0.25, 1, -1, 1))), "says nothing of its inputs");
    refused(BOX + UNSAFE, halves(with(4, box(0, 1, -1, 0.75))), "says nothing of its inputs");
  }

  @Test
  void refusesCutsThatAreNone() {
    for (double at : List.of(-1., 1., 2.)) {
      refused(BOX + UNSAFE, halves(with(0, cut(0, at, -1, 1, -1, 1))), "which is not between");
    }
    for (Evidence bad :
        List.of(
            cut(2, 0, -1, 1, -1, 1), cut(-2, 0, -1, 1, -1, 1), cut(0, Double.NaN, -1, 1, -1, 1))) {
      assertThatThrownBy(() -> check(BOX + UNSAFE, halves(with(0, bad))))
          .isInstanceOf(DataException.class)
          .hasMessageContaining("not a proof: it cuts");
    }
  }

  @Test
  void clausesMayBeRefutedOnTheWholeAndOnHalves() {
    String two = BOX + "(assert (or (<= (* 2 Y_0) -0.25) (<= Y_1 -1.5)))";
    List<Evidence.Refuted> second = refuted(new double[] {0, 1}, new double[0], List.of(leaf()));
    Evidence whole =
        new Evidence(new double[] {-1, -1}, new double[] {1, 1}, Map.of(), List.of(), second);
    ProofFile p = proof(two);
    halves().forEach(p::add);
    p.add(whole);
    Checker.Result r = check(two, p.bytes());
    assertThat(r.verdict()).as(r.why()).isEqualTo("verified");
    ProofFile without = proof(two);
    halves().forEach(without::add);
    refused(two, without.bytes(), "clause 2");
  }

  /** A clause in a part of the region is refuted there alone. */
  @Test
  void aProofOfAPartIsNoneOfTheWhole() {
    refused(BOX + UNSAFE, halves(halves().subList(2, 5)), "the proof says nothing of its inputs");
  }
}
