// SPDX-License-Identifier: Apache-2.0
package org.rigor.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.rigor.io.onnx.OnnxFiles;
import org.rigor.tensor.Shape;

/** Cells whose sides contradict each other have no point; others keep their bounds. */
class EmptyCellTest {
  private static final Literal X = new Literal(0, 0, true);
  private static final Literal SHIFTED = new Literal(0, 1, true);

  /** y_0 = 2 relu(x); the hidden units read x and x + 1/2. */
  private static Graph graph() {
    return WalkTest.graph(
        OnnxFiles.input(1)
            .constant("w1", Shape.of(1, 2), 1, 1)
            .constant("b1", Shape.of(2), 0, 0.5f)
            .constant("w2", Shape.of(2, 2), 2, 0, 0, 0)
            .then("Gemm", "w1", "b1")
            .then("Relu")
            .then("Gemm", "w2")
            .output(2));
  }

  private static Leaf leaf(Object... literals) {
    Map<Literal, Float> cell = new LinkedHashMap<>();
    for (int i = 0; i < literals.length; i += 2) {
      cell.put((Literal) literals[i], (Float) literals[i + 1]);
    }
    return new Leaf(cell, new float[0][], new int[0][]);
  }

  private static Proof.Tightening side(boolean lower, Leaf leaf) {
    return new Proof.Tightening(leaf.multipliers().keySet(), 0, 1, lower, List.of(leaf));
  }

  /** Requires 2 relu(x) - x + 0.01 > 0 on [-1, 1]; the third leaf alone says nothing of it. */
  private static double bound(List<Proof.Tightening> tightenings) {
    Region region =
        Region.box(new BigDecimal[] {BigDecimal.ONE.negate()}, new BigDecimal[] {BigDecimal.ONE});
    Row row =
        new Row(
            new TreeMap<>(Map.of(0, BigDecimal.ONE)),
            new TreeMap<>(Map.of(0, BigDecimal.ONE.negate())),
            new BigDecimal("0.01"));
    List<Leaf> leaves =
        List.of(
            leaf(X.opposite(), 1f), leaf(X, 1f, SHIFTED, 0f), leaf(X, 0f, SHIFTED.opposite(), 0f));
    return new Bounds(graph(), region, new Proof.Known(tightenings, List.of(), Optional.empty()))
        .require(Map.of(row, leaves), "clause");
  }

  @Test
  void noPointIsWhereSidesContradict() {
    Leaf below = leaf(X, 1f, SHIFTED.opposite(), 0f); // x + 1/2 - x
    Leaf above = leaf(X, 0f, SHIFTED.opposite(), 1f); // -(x + 1/2) + (x + 1/2)
    assertThat(bound(List.of(side(true, below), side(false, above)))).isBetween(0.009, 0.01);
    for (Proof.Tightening one : List.of(side(true, below), side(false, above))) {
      assertThatThrownBy(() -> bound(List.of(one)))
          .isInstanceOf(Refusal.class)
          .hasMessageContaining("leaf 3 of 3 has the bound -0.99");
    }
  }

  /** The sides of the empty cell hold there alone. */
  @Test
  void otherCellsAreNotEmpty() {
    Leaf below = leaf(X, 1f, SHIFTED, 0f);
    Leaf above = leaf(X, 0f, SHIFTED.opposite(), 1f);
    assertThatThrownBy(() -> bound(List.of(side(true, below), side(false, above))))
        .isInstanceOf(Refusal.class)
        .hasMessageContaining("leaf 3 of 3");
  }

  @Test
  void equalSidesAreAPoint() {
    Sides sides =
        new Sides(
            graph(),
            Region.box(new BigDecimal[] {BigDecimal.ONE}, new BigDecimal[] {BigDecimal.ONE}));
    sides.tighten(0, 0, 1, 1);
    assertThat(sides.isEmpty()).isFalse();
    sides.tighten(0, 0, Math.nextUp(1.0), 1);
    assertThat(sides.isEmpty()).isTrue();
  }
}
