// SPDX-License-Identifier: Apache-2.0
package org.rigor.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.rigor.certify.Evidence;
import org.rigor.certify.ProofFile;
import org.rigor.io.DataException;
import org.rigor.io.onnx.OnnxWriter;

/** Forged proofs with digests made anew are refused, each for its own reason. */
class CheckerTest extends Forgery {
  @Test
  void acceptsAProof() {
    Checker.Result r = check(BOX + UNSAFE, proof(BOX + UNSAFE, evidence(leaves())));
    assertThat(r.verdict()).as(r.why()).isEqualTo("verified");
    assertThat(r.why()).isEqualTo("least bound 0.250");
  }

  @Test
  void refusesALeafWhoseBoundIsNotPositive() {
    List<Evidence.Leaf> whole = List.of(leaf());
    refused(BOX + UNSAFE, proof(BOX + UNSAFE, evidence(whole)), "leaf 1 of 1 has the bound -");
  }

  @Test
  void refusesAMissingLeaf() {
    for (int n = 0; n < 4; n++) {
      List<Evidence.Leaf> some = new ArrayList<>(leaves());
      some.remove(n);
      refused(BOX + UNSAFE, proof(BOX + UNSAFE, evidence(some)), "no leaf covers the cell");
    }
    refused(BOX + UNSAFE, proof(BOX + UNSAFE, evidence(List.of())), "no leaf covers the region");
  }

  @Test
  void refusesAClauseThatIsNotCovered() {
    String two = BOX + "(assert (or (and (<= (* 2 Y_0) -0.25)) (and (<= Y_1 -2))))";
    refused(two, proof(two, evidence(leaves())), "clause 2: the proof says nothing of its outputs");
  }

  /** x_0 + x_1 is at least -2, so that no input is in the second clause, whatever its outputs. */
  @Test
  void aConstraintThatNoInputMeetsNeedsNoProof() {
    String second = "(and (<= (+ X_0 X_1) %s) (<= Y_0 9))";
    for (String side : List.of("-2.001", "-2")) {
      String text = BOX + "(assert (or (<= (* 2 Y_0) -0.25)" + second.formatted(side) + "))";
      Checker.Result r = check(text, proof(text, evidence(leaves())));
      assertThat(r.accepted()).as(r.why()).isEqualTo(side.equals("-2.001"));
    }
  }

  @Test
  void refusesAHarderProperty() {
    String harder = BOX + "(assert (<= (* 2 Y_0) 0.0))\n";
    refused(harder, proof(harder, evidence(leaves())), "which is not above 0");
    String wider = BOX.replace("X_1 1)", "X_1 1.5)") + UNSAFE;
    refused(wider, proof(wider, evidence(leaves())), "the proof says nothing of its inputs");
    assertThatThrownBy(() -> check(BOX + UNSAFE + " ", proof(BOX + UNSAFE, evidence(leaves()))))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("another question");
  }

  @Test
  void refusesAnotherNetwork() {
    byte[] before = proof(BOX + UNSAFE, evidence(leaves()));
    model = OnnxWriter.bytes(network(0.75f));
    assertThatThrownBy(() -> check(BOX + UNSAFE, before))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("another network");
    refused(BOX + UNSAFE, proof(BOX + UNSAFE, evidence(leaves())), "which is not above 0");
  }

  @Test
  void refusesDamage() {
    byte[] whole = proof(BOX + UNSAFE, evidence(leaves()));
    Random random = new Random(1);
    for (int n = 0; n < 40; n++) {
      byte[] cut = Arrays.copyOf(whole, random.nextInt(whole.length));
      byte[] bent = whole.clone();
      bent[random.nextInt(bent.length)] ^= (byte) (1 << random.nextInt(8));
      for (byte[] bad : List.of(cut, bent)) {
        assertThatThrownBy(() -> check(BOX + UNSAFE, bad)).isInstanceOf(DataException.class);
      }
    }
  }

  @Test
  void refusesNodesAndUnitsThatAreNotThere() {
    for (Evidence.Literal l :
        List.of(new Evidence.Literal(0, 0, true, 0), new Evidence.Literal(NODE, 3, true, 0))) {
      Evidence e = evidence(List.of(leaf(l)));
      assertThatThrownBy(() -> check(BOX + UNSAFE, proof(BOX + UNSAFE, e)))
          .isInstanceOf(DataException.class)
          .hasMessageContaining("not a proof");
    }
  }

  @Test
  void refusesATighteningWithAGap() {
    Evidence.Leaf half = leaf(literal(1, true, 0));
    Evidence.Tightening t = new Evidence.Tightening(List.of(), NODE, 0, true, List.of(half));
    refused(BOX + UNSAFE, proof(BOX + UNSAFE, evidence(leaves(), t)), "no leaf covers the cell");
  }

  /**
   * In the cell z_1 &lt;= 0, x_0 + x_1 - y_0 = s - relu(s) for s = x_0 + x_1, which is least at -2.
   * If z_0 were known to be at least 0 it would be 0.
   */
  private void leavesTheFirstLeafOpen(Evidence.Tightening t) {
    String property = BOX + "(assert (<= (+ (* -1 Y_0) X_0 X_1) -1))\n";
    List<Evidence.Leaf> halves = List.of(leaf(literal(1, false, 0)), leaf(literal(1, true, 0)));
    Evidence e =
        new Evidence(
            new double[] {-1, -1},
            new double[] {1, 1},
            Map.of(),
            List.of(t),
            refuted(new double[] {-1, 0}, new double[] {1, 1}, halves));
    refused(property, proof(property, e), "leaf 1 of 2 has the bound -1.00");
  }

  /** Where z_1 &gt;= 0 so is z_0. */
  @Test
  void usesATighteningOnlyInItsScope() {
    List<Evidence.Literal> scope = List.of(literal(1, true, 0));
    Evidence.Leaf inside = leaf(literal(1, true, 1));
    leavesTheFirstLeafOpen(new Evidence.Tightening(scope, NODE, 0, true, List.of(inside)));
  }

  @Test
  void aTighteningIsTheLeastOfItsLeaves() {
    List<Evidence.Leaf> both = List.of(leaf(literal(1, true, 1)), leaf(literal(1, false, 0)));
    leavesTheFirstLeafOpen(new Evidence.Tightening(List.of(), NODE, 0, true, both));
  }

  @Test
  void refusesAnExponentThatNoMemoryHolds() {
    String far = BOX.replace("X_1 1)", "X_1 1e999999999)") + UNSAFE;
    assertThatThrownBy(() -> check(far, proof(far, evidence(leaves()))))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("so large an exponent");
  }

  @Test
  void refusesALiteralThatComesTwice() {
    for (boolean positive : List.of(true, false)) {
      Evidence.Leaf twice = leaf(literal(0, true, 0), literal(0, positive, 0));
      assertThatThrownBy(() -> check(BOX + UNSAFE, proof(BOX + UNSAFE, evidence(List.of(twice)))))
          .isInstanceOf(DataException.class)
          .hasMessageContaining("twice");
    }
  }

  @Test
  void unsoundNumbersCountAsNone() {
    List<Evidence.Leaf> odd = new ArrayList<>();
    for (Evidence.Leaf l : leaves()) {
      List<Evidence.Literal> cell = new ArrayList<>();
      for (Evidence.Literal c : l.cell()) {
        cell.add(literal(c.unit(), c.positive(), c.multiplier() > 0 ? -1 : Double.NaN));
      }
      odd.add(new Evidence.Leaf(cell, Map.of()));
    }
    refused(BOX + UNSAFE, proof(BOX + UNSAFE, evidence(odd)), "which is not above 0");
  }

  @Test
  void acceptsAPointThatViolates() {
    String property = BOX + "(assert (<= Y_0 0))\n";
    ProofFile p = proof(property);
    p.add(0, 0.5f, 0.25f);
    refused(property, p.bytes(), "violates no clause for certain"); // 0 up to rounding
    String easier = BOX + "(assert (<= Y_0 0.001))\n";
    ProofFile q = proof(easier);
    q.add(0, 0.5f, 0.25f);
    assertThat(check(easier, q.bytes()).verdict()).isEqualTo("violated");
    String both = BOX + "(assert (<= Y_0 0.001))(assert (<= Y_1 0.25))";
    ProofFile half = proof(both);
    half.add(0, 0.5f, 0.25f);
    refused(both, half.bytes(), "violates no clause for certain"); // y_1 is 0.5
    ProofFile outside = proof(easier);
    outside.add(0, 0.5f, Math.nextUp(1f));
    refused(easier, outside.bytes(), "violates no clause for certain");
  }

  /** The float 0.1 is larger than the decimal 0.1. */
  @Test
  void pointsLieInTheRegionOfTheDecimals() {
    String property = BOX.replace("X_1 1)", "X_1 0.1)") + "(assert (<= Y_0 1))\n";
    ProofFile p = proof(property);
    p.add(0, 0.5f, 0.1f);
    refused(property, p.bytes(), "violates no clause for certain");
    ProofFile q = proof(property);
    q.add(0, 0.5f, Math.nextDown(0.1f));
    assertThat(check(property, q.bytes()).verdict()).isEqualTo("violated");
  }

  @Test
  void anEmptyRegionIsSaid() {
    String property = BOX + "(assert (>= X_0 2))" + UNSAFE;
    Checker.Result r = check(property, proof(property, evidence(leaves())));
    assertThat(r.why()).isEqualTo("no input lies in the region of any clause");
  }
}
