// SPDX-License-Identifier: Apache-2.0
package org.rigor.property;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class PropertyTest {
  private static Affine c(String value) {
    return Affine.of(new BigDecimal(value));
  }

  private static Row atLeast(Affine a, String value) {
    return Row.atMost(c(value), a, false);
  }

  private static Row atMost(Affine a, String value) {
    return Row.atMost(a, c(value), false);
  }

  private static Affine x(int i) {
    return Affine.input(i);
  }

  private static Affine y(int j) {
    return Affine.output(j);
  }

  private static BigDecimal[] at(String... x) {
    BigDecimal[] all = new BigDecimal[x.length];
    for (int i = 0; i < x.length; i++) {
      all[i] = new BigDecimal(x[i]);
    }
    return all;
  }

  private static Formula unit(int inputs) {
    List<Formula> all = new ArrayList<>();
    for (int i = 0; i < inputs; i++) {
      all.add(atLeast(x(i), "0"));
      all.add(atMost(x(i), "1"));
    }
    return new Formula.And(all);
  }

  private static Formula or(Formula... parts) {
    return new Formula.Or(List.of(parts));
  }

  /** As in property 6 of ACAS Xu: two boxes or, and four outputs or, in two assertions. */
  @Test
  void disjunctionsMultiply() {
    Property p =
        Property.of(
            1,
            3,
            List.of(
                unit(1),
                or(atMost(x(0), "0.25"), atLeast(x(0), "0.75")),
                or(atMost(y(0), "0"), atMost(y(1), "0"), atMost(y(2), "0"))));
    assertThat(p.clauses()).hasSize(6);
    assertThat(p.clauses().get(4).box().lower(0)).isEqualByComparingTo("0.75");
    assertThat(p.clauses().get(4).rows()).containsExactly(atMost(y(1), "0"));
    assertThat(p.clauses().get(3).box()).isSameAs(p.clauses().get(5).box());
  }

  /** An assertion beside a disjunction holds in each of its clauses. */
  @Test
  void aGlobalConjunctJoinsEveryClause() {
    Row band = atMost(y(1), "0.045");
    Property p =
        Property.of(1, 2, List.of(unit(1), or(atMost(y(0), "0"), atLeast(y(0), "1")), band));
    assertThat(p.clauses()).hasSize(2).allMatch(c -> c.rows().contains(band));
    Clause first = p.clauses().get(0);
    double[] inBand = {-1, 0};
    double[] outside = {-1, 1};
    assertThat(first.certainlyHolds(at("0.5"), inBand, inBand)).isTrue();
    assertThat(first.certainlyHolds(at("0.5"), outside, outside)).isFalse();
  }

  /** A clause holds where all of its rows do; one that fails is enough against it. */
  @Test
  void aClauseNeedsAllOfItsRows() {
    Formula both = new Formula.And(List.of(atMost(y(0), "0"), atMost(y(1), "0")));
    Clause c = Property.of(1, 2, List.of(unit(1), both)).clauses().get(0);
    assertThat(c.certainlyHolds(at("0"), new double[] {0, 0}, new double[] {0, 0})).isTrue();
    assertThat(c.certainlyHolds(at("0"), new double[] {-1, 1}, new double[] {-1, 1})).isFalse();
    assertThat(c.certainlyHolds(at("0"), new double[] {-1, -1}, new double[] {-1, 1e-300}))
        .as("an enclosure that crosses zero shows nothing")
        .isFalse();
    assertThat(c.certainlyHolds(at("0"), new double[] {-1, Double.NaN}, new double[] {-1, -1}))
        .isFalse();
  }

  @Test
  void aPointOutsideTheBoxIsNoCounterexample() {
    Clause c = Property.of(1, 1, List.of(unit(1), atMost(y(0), "0"))).clauses().get(0);
    double[] unsafe = {-1};
    assertThat(c.certainlyHolds(at("1"), unsafe, unsafe)).isTrue();
    assertThat(c.certainlyHolds(at("1.0000000000000000000001"), unsafe, unsafe)).isFalse();
    assertThat(c.certainlyHolds(at("-1e-400"), unsafe, unsafe)).isFalse();
  }

  @Test
  void strictConstraintsExcludeTheirEdge() {
    Row below = Row.atMost(x(0), c("1"), true);
    Row negative = Row.atMost(y(0), c("0"), true);
    Clause c = Property.of(1, 1, List.of(unit(1), below, negative)).clauses().get(0);
    double[] unsafe = {-1};
    assertThat(c.certainlyHolds(at("0.5"), unsafe, unsafe)).isTrue();
    assertThat(c.certainlyHolds(at("1"), unsafe, unsafe)).isFalse();
    assertThat(c.certainlyHolds(at("0.5"), new double[] {0}, new double[] {0})).isFalse();
  }

  @Test
  void equalityIsTwoRowsAndDifferenceOneOfTwo() {
    Property equal = Property.of(1, 1, List.of(unit(1), Row.equal(y(0), c("2"))));
    assertThat(equal.clauses()).hasSize(1);
    assertThat(equal.clauses().get(0).certainlyHolds(at("0"), new double[] {2}, new double[] {2}))
        .isTrue();
    Property other = Property.of(1, 1, List.of(unit(1), Row.different(y(0), c("2"))));
    assertThat(other.clauses()).hasSize(2);
    assertThat(
            other.clauses().stream()
                .anyMatch(c -> c.certainlyHolds(at("0"), new double[] {2}, new double[] {2})))
        .isFalse();
  }

  /**
   * The side of {@code 3 x <= 1} is no decimal: the box keeps a little more, and the row the truth.
   */
  @Test
  void aSideThatIsNoDecimalIsKeptAsARow() {
    Row third = Row.atMost(x(0).times(new BigDecimal(3)), c("1"), false);
    Clause c = Property.of(1, 1, List.of(unit(1), third)).clauses().get(0);
    assertThat(c.box().upper(0).multiply(new BigDecimal(3))).isGreaterThan(BigDecimal.ONE);
    assertThat(c.contains(at("0.3333333333333333333333"))).isTrue();
    assertThat(c.contains(new BigDecimal[] {c.box().upper(0)})).isFalse();
  }

  @Test
  void emptyRegionsAreCountedAndSaidWhy() {
    Property p =
        Property.of(
            2,
            1,
            List.of(
                unit(2),
                or(
                    atLeast(x(1), "1.5"),
                    new Formula.And(List.of(atMost(y(0), "0"), atMost(c("1"), "0"))),
                    Row.atMost(c("3"), x(0).plus(x(1)), false),
                    atMost(y(0), "-1"))));
    assertThat(p.clauses()).hasSize(1);
    assertThat(p.dropped()).isEqualTo(3);
    assertThat(p.empty().get(0)).isEqualTo("X_1 must be >= 1.5 and <= 1");
    Property none = Property.of(1, 1, List.of(unit(1), atLeast(x(0), "2"), atMost(y(0), "0")));
    assertThat(none.isEmpty()).isTrue();
    assertThat(none.empty()).containsExactly("X_0 must be >= 2 and <= 1");
  }

  @Test
  void onePointIsARegion() {
    Property p =
        Property.of(1, 1, List.of(atLeast(x(0), "0.1"), atMost(x(0), "0.1"), atMost(y(0), "0")));
    assertThat(p.clauses().get(0).box().fixes(0)).isTrue();
    assertThat(p.clauses().get(0).contains(at("0.1"))).isTrue();
  }

  @Test
  void inputsWithoutBoundsAreRefused() {
    assertThatThrownBy(() -> Property.of(1, 1, List.of(atLeast(x(0), "0"), atMost(y(0), "0"))))
        .hasMessage("X_0 has no upper bound; every input must lie in a box");
    assertThatThrownBy(() -> Property.of(1, 1, List.of(atLeast(x(0), "0"), atMost(x(0), "1e39"))))
        .hasMessageContaining("X_0 has a bound that no float has the size of");
  }

  /** Twenty disjunctions of two would be a million clauses, of which one is not empty. */
  @Test
  void branchesEndWhereTheirBoxIsEmpty() {
    List<Formula> all = new ArrayList<>();
    all.add(unit(40));
    for (int i = 0; i < 40; i++) {
      all.add(or(atLeast(x(i), "2"), atMost(x(i), "0.5")));
    }
    Property p = Property.of(40, 1, all);
    assertThat(p.clauses()).hasSize(1);
    assertThat(p.dropped()).isEqualTo(40);
    List<Formula> most = Collections.nCopies(21, or(atMost(y(0), "0"), atMost(y(0), "1")));
    List<Formula> more = new ArrayList<>(most);
    more.add(unit(1));
    assertThatThrownBy(() -> Property.of(1, 1, more)).hasMessageContaining("more than 1048576");
  }
}
