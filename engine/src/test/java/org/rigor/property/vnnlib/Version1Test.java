// SPDX-License-Identifier: Apache-2.0
package org.rigor.property.vnnlib;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rigor.io.DataException;
import org.rigor.property.Property;

/** The forms that files of VNN-COMP have, and errors with their places. */
class Version1Test {
  private static final String HEAD =
      """
      ; a comment (with parentheses
      (declare-const X_0 Real)
      (declare-const\tX_1 Real) ; and another
      (declare-const Y_0 Real)
      (declare-const Y_1 Real)
      (assert (>= X_0 -0.5))
      (assert (<= X_0 5e-1))
      (assert (>= X_1 -1E0))\r
      (assert (<= X_1 +1.)) (assert (<= X_1 2))
      """;

  private static Query parse(String text) {
    return VnnLib.parse("p.vnnlib", text.getBytes(StandardCharsets.UTF_8));
  }

  private static Property property(String asserts) {
    return parse(HEAD + asserts).property();
  }

  private static String rows(String asserts) {
    Property p = property(asserts);
    StringBuilder out = new StringBuilder();
    p.clauses().forEach(c -> out.append(out.isEmpty() ? "" : " | ").append(c.rows()));
    return out.toString();
  }

  @Test
  void readsBoxesAndRows() {
    Query q = parse(HEAD + "(assert (<= Y_0 Y_1))");
    assertThat(q.input().size()).isEqualTo(2);
    assertThat(q.output().size()).isEqualTo(2);
    assertThat(q.version()).isEqualTo("1.0");
    Property p = q.property();
    assertThat(p.clauses()).hasSize(1);
    var box = p.clauses().get(0).box();
    assertThat(box.lower(0)).isEqualByComparingTo("-0.5");
    assertThat(box.upper(0)).isEqualByComparingTo("0.5");
    assertThat(box.lower(1)).isEqualByComparingTo("-1");
    assertThat(box.upper(1)).isEqualByComparingTo("1");
    assertThat(p.clauses().get(0).rows().toString()).isEqualTo("[Y_0 - Y_1 <= 0]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "(assert (>= Y_0 Y_1)) # [-Y_0 + Y_1 <= 0]",
        "(assert (<= Y_0 3.99112564586161512345678)) # [Y_0 - 3.99112564586161512345678 <= 0]",
        "(assert (>= 0.25 Y_0)) # [Y_0 - 0.25 <= 0]",
        "(assert (or (and (<= Y_0 Y_1)))) # [Y_0 - Y_1 <= 0]",
        "(assert (or (<= Y_0 0) (<= Y_1 0))) # [Y_0 <= 0] | [Y_1 <= 0]",
        "(assert (and (<= Y_0 0) (or (<= Y_1 0) (>= Y_1 9)))) #"
            + " [Y_0 <= 0, Y_1 <= 0] | [Y_0 <= 0, -Y_1 + 9 <= 0]",
        "(assert ((<= Y_0 0))) # [Y_0 <= 0]",
        "(assert (<= (Y_0) ((0.5)))) # [Y_0 - 0.5 <= 0]",
        "(assert (<= (3.7 (- Y_0 (+ (* 18.4 X_0) (* 11.9 X_1) -41.1))))) #"
            + " [-Y_0 + 18.4 * X_0 + 11.9 * X_1 - 37.4 <= 0]",
        "(assert (<= (- Y_0) (- Y_1 X_0 1 2))) # [-Y_0 - Y_1 + X_0 + 3 <= 0]",
        "(assert (< Y_0 (* 2 (+ Y_1 0.5)))) # [Y_0 - 2 * Y_1 - 1.0 < 0]",
        "(assert (<= (* Y_0 2 3) (+ Y_0 Y_0))) # [4 * Y_0 <= 0]",
        "(assert (>= Y_0 1.5e-3)) # [-Y_0 + 0.0015 <= 0]",
        "(assert (> Y_0 .5)) # [-Y_0 + 0.5 < 0]",
        "(assert (= Y_0 Y_1)) # [Y_0 - Y_1 <= 0, -Y_0 + Y_1 <= 0]",
        "(assert (or (and (>= X_0 0) (<= Y_0 1)) (and (<= X_0 0) (<= Y_1 1)))) #"
            + " [Y_0 - 1 <= 0] | [Y_1 - 1 <= 0]",
        "(assert (<= (+ X_0 X_1) 0.25)) # [X_0 + X_1 - 0.25 <= 0]",
      })
  void readsConditions(String text, String rows) {
    assertThat(rows(text)).isEqualTo(rows);
    assertThat(rows(text + "\n\n")).as("with and without a last line end").isEqualTo(rows);
  }

  @Test
  void withoutConditionsOnOutputsEveryInputIsUnsafe() {
    Property p = property("");
    assertThat(p.clauses()).hasSize(1);
    assertThat(p.clauses().get(0).rows()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "(assert (<= Y_0 Y_2)) # 10:17: 'Y_2' is not declared",
        "(assert (<= Y_0 Z)) # 10:17: 'Z' is neither an input X_i nor an output Y_j",
        "(assert (<= Y_0 1.2.3)) # 10:17: '1.2.3' is not a number",
        "(assert (<= Y_0 NaN)) # 10:17: 'NaN' is neither",
        "(assert (<= Y_0 1e9999)) # 10:17: '1e9999' has an exponent beyond 5000",
        "(assert (<= Y_0 1e99999999999)) # 10:17: '1e99999999999' has an exponent",
        "(assert (<= Y_0 (* X_0 Y_1))) # 10:17: the product of (X_0) and (Y_1) is not linear",
        "(assert (not (<= Y_0 1))) # 10:10: 'not' is not supported; known are and",
        "(assert (<= Y_0)) # 10:10: '<=' compares two terms, got 1",
        "(assert (<= Y_0 1 2)) # 10:10: '<=' compares two terms, got 3",
        "(assert (<= Y_0 (/ 1 3))) # 10:18: '/' is neither",
        "(assert (and)) # 10:13: 'and' needs at least one condition",
        "(assert (<= Y_0 (+))) # 10:17: '+' needs at least one term",
        "(assert (<= Y_0 1) # 10:19: expected ')', got the end of the file",
        "(assert (<= Y_0 1))) # 10:20: expected (declare-const ...) or (assert ...), got ')'",
        "(check-sat) # 10:2: 'check-sat' is not supported; known are declare-const and assert",
        "(declare-const X_0 Real) # 10:16: 'X_0' is declared twice",
        "(declare-const X_2 Int) # 10:20: expected the type Real, got 'Int'",
        "(declare-const x_2 Real) # 10:16: 'x_2' is neither",
        "(declare-const X_7 Real) # X_7 is declared, but X_2 is not",
        "(assert (<= Y_0 \u0001)) # 10:17: expected VNN-LIB, got the byte 0x01",
      })
  void errorsNameLineAndColumn(String text, String error) {
    assertThatThrownBy(() -> parse(HEAD + text))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith("p.vnnlib:")
        .hasMessageContaining(error);
  }

  @Test
  void nestingIsLimited() {
    String deep = "(".repeat(100_000);
    assertThatThrownBy(() -> parse(HEAD + "(assert " + deep))
        .hasMessageContaining("nested deeper than 500");
    assertThatThrownBy(() -> parse(HEAD + "(assert (<= Y_0 " + deep))
        .hasMessageContaining("nested deeper than 500");
  }

  @Test
  void anInputWithoutABoundNamesFileAndInput() {
    String text = "(declare-const X_0 Real)(declare-const Y_0 Real)(assert (<= X_0 1))";
    assertThatThrownBy(() -> parse(text).property())
        .hasMessageStartingWith("p.vnnlib: X_0 has no lower bound");
    assertThatThrownBy(() -> parse("")).hasMessage("p.vnnlib: is empty");
    assertThatThrownBy(() -> parse("(declare-const X_0 Real)"))
        .hasMessageContaining("no Y_0 is declared");
  }

  @Test
  void readsGzippedFiles(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("p.vnnlib.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
      out.write((HEAD + "(assert (<= Y_0 Y_1))").getBytes(StandardCharsets.UTF_8));
    }
    assertThat(VnnLib.read(file).property().clauses()).hasSize(1);
  }
}
