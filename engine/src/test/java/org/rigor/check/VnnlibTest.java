// SPDX-License-Identifier: Apache-2.0
package org.rigor.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SortedMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rigor.io.DataException;

class VnnlibTest {
  private static final String DECLARED =
      "(declare-const X_0 Real)\t(declare-const X_1 Real)\n; c\n"
          + "(declare-const Y_0 Real)(declare-const Y_1 Real)\n";
  private static final String BOX =
      "(assert (and (>= X_0 0)(<= X_0 1)(>= X_1 -.5) (<= X_1 5e-1)))\n";

  private static List<Clause> read(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return Vnnlib.read("p.vnnlib", bytes, 2, 2).items().get(0).clauses();
  }

  private static String rows(Clause c) {
    return c.rows().stream()
        .map(r -> terms(r.outputs()) + "|" + terms(r.inputs()) + "|" + r.constant().toPlainString())
        .toList()
        .toString();
  }

  private static String terms(SortedMap<Integer, BigDecimal> terms) {
    return terms.entrySet().stream()
        .map(e -> e.getKey() + "*" + e.getValue().doubleValue())
        .collect(Collectors.joining(" "));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      value = {
        "(<= Y_0 Y_1)                                  ! [0*1.0 1*-1.0||0]",
        "(>= Y_0 Y_1)                                  ! [0*-1.0 1*1.0||0]",
        "(<= Y_0 3.5)                                  ! [0*1.0||-3.5]",
        "(>= Y_0 -1e-2)                                ! [0*-1.0||-0.01]",
        "(<= (+ (* 2 Y_0) (* -1 Y_1) X_1 4) 1)         ! [0*2.0 1*-1.0|1*1.0|3]",
        "(<= (1.13 (- Y_0 (+ (* 2 X_0) (* 3 X_1) 5)))) ! [0*-1.0|0*2.0 1*3.0|6.13]",
        "(<= (1.13) ((- Y_0 (+ (* 2 X_0) (* 3 X_1)))))  ! [0*-1.0|0*2.0 1*3.0|1.13]",
        "(<= (- Y_0) 2)                                ! [0*-1.0||-2]",
        "(<= (- Y_0 Y_1 1) 2)                          ! [0*1.0 1*-1.0||-3]",
        "(<= (- Y_0 Y_0) 2)                            ! [||-2]",
      })
  void readsAtomsAsRowsThatAreUnsafeAtMostZero(String atom, String rows) {
    assertThat(read(DECLARED + BOX + "(assert " + atom + ")"))
        .singleElement()
        .satisfies(c -> assertThat(rows(c)).isEqualTo(rows));
  }

  @Test
  void assertionsMultiplyAndAlternativesAdd() {
    String a = "(assert (or (and (<= X_0 0.25) (<= Y_0 1)) (and (>= X_0 0.75)))) ";
    String b = "(assert (or (<= Y_1 2) (<= Y_1 (* 2 Y_0))))(assert (<= Y_1 9))";
    List<Clause> all = read(DECLARED + BOX + a + b);
    assertThat(all).hasSize(4);
    assertThat(all.stream().map(VnnlibTest::rows))
        .containsExactly(
            "[0*1.0||-1, 1*1.0||-2, 1*1.0||-9]",
            "[0*1.0||-1, 0*-2.0 1*1.0||0, 1*1.0||-9]",
            "[1*1.0||-2, 1*1.0||-9]",
            "[0*-2.0 1*1.0||0, 1*1.0||-9]");
    assertThat(all.get(0).region().upper()).containsExactly(0.25, 0.5);
    assertThat(all.get(2).region().lower()).containsExactly(0.75, -0.5);
  }

  @Test
  void theTightestOfSeveralSidesCounts() {
    String more = "(assert (<= X_0 2))(assert (>= X_0 -3))(assert (>= 0.25 X_1))";
    Region r = read(DECLARED + BOX + more + "(assert (<= Y_0 0))").get(0).region();
    assertThat(r.lower()).containsExactly(0, -0.5);
    assertThat(r.upper()).containsExactly(1, 0.25);
  }

  /** Three times x at most 1 is a side of a third, which no decimal equals: the row stays too. */
  @Test
  void factorsOfASingleInputAreDivided() {
    String more = "(assert (<= (* 3 X_0) 1))(assert (<= (* -4 X_1) 1))";
    Clause c = read(DECLARED + BOX + more + "(assert (<= Y_0 0))").get(0);
    assertThat(c.region().upper()).containsExactly(Math.nextUp(1.0 / 3), 0.5); // 1.0 / 3 < 1/3
    assertThat(c.region().lower()).containsExactly(0, -0.25);
    assertThat(rows(c)).isEqualTo("[|0*3.0|-1, |1*-4.0|-1, 0*1.0||0]");
  }

  /** Every side lies at or outside the decimal, at the nearest double that does. */
  @Test
  void roundsSidesOutward() {
    String sides =
        "(assert (>= X_0 0.1))(assert (<= X_0 0.1))(assert (>= X_1 0.3))(assert (<= X_1 0.3))";
    Region r = read(DECLARED + sides + "(assert (<= Y_0 0))").get(0).region();
    assertThat(r.lower()).containsExactly(Math.nextDown(0.1), 0.3); // 0.1 > 1/10, 0.3 < 3/10
    assertThat(r.upper()).containsExactly(0.1, Math.nextUp(0.3));
    String far =
        "(assert (>= X_0 -1e999))(assert (<= X_0 1e999))(assert (>= X_1 0))(assert (<= X_1 0))";
    Region wide = read(DECLARED + far + "(assert (<= Y_0 0))").get(0).region();
    assertThat(wide.lower()[0]).isEqualTo(Double.NEGATIVE_INFINITY);
    assertThat(wide.upper()[0]).isEqualTo(Double.POSITIVE_INFINITY);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      quoteCharacter = '"',
      value = {
        "(assert (< Y_0 1))            ! '<'",
        "(assert (<= (* Y_0 Y_1) 1))   ! a product of variables",
        "(assert (<= Y_2 1))           ! 'Y_2'",
        "(assert (<= Y_0 1)            ! the end of the file",
        "(assert (<= Y_0 one))         ! 'one'",
        "(check-sat)                   ! 'check-sat'",
      })
  void refusesTheRestByLine(String text, String what) {
    assertThatThrownBy(() -> read(DECLARED + BOX + text))
        .isInstanceOf(DataException.class)
        .hasMessage("p.vnnlib: line 5: the checker cannot use " + what);
  }

  @Test
  void refusesOtherSizesAndOpenSides() {
    assertThatThrownBy(() -> read("(declare-const X_2 Real)" + BOX)).hasMessageContaining("'X_2'");
    assertThatThrownBy(() -> read(DECLARED + "(assert (<= X_0 1))(assert (<= Y_0 0))"))
        .hasMessageContaining("X_0 without two sides");
    assertThatThrownBy(() -> read("(declare-const X_0 Real)(declare-const Y_0 Real)"))
        .hasMessageContaining("1 X and 1 Y");
  }
}
