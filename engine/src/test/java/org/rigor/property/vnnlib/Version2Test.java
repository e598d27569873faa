// SPDX-License-Identifier: Apache-2.0
package org.rigor.property.vnnlib;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rigor.io.DataException;
import org.rigor.property.Property;

class Version2Test {
  private static final String HEAD =
      """
      (vnnlib-version <2.0>)
      ; one network
      (declare-network net
        (declare-input  In  real [1,2, 2])
        (declare-output Out Real [])
      )
      (assert (and (>= In[0,0,0] 0.0) (<= In[0,0,0] 1.0) (>= In[0,0,1] 0.0) (<= In[0,0,1] 1)))
      (assert (>= In[0,1,0] -1)) (assert (<= In[0,1,0] 1))
      (assert (== In[0,1,1] 0.25))
      """;

  private static Query parse(String text) {
    return VnnLib.parse("p.vnnlib", text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void readsNetworkAndElementsInRowMajorOrder() {
    Query q = parse(HEAD + "(assert (<= Out (+ In[0,1,0] (* 2 In[0,0,1]) 1.5)))");
    assertThat(q.version()).isEqualTo("2.0");
    assertThat(q.network()).isEqualTo("net");
    assertThat(q.input()).isEqualTo(new Query.Tensor("In", "real", List.of(1, 2, 2)));
    assertThat(q.output()).isEqualTo(new Query.Tensor("Out", "Real", List.of()));
    Property p = q.property();
    assertThat(p.outputs()).isEqualTo(1);
    assertThat(p.clauses().get(0).box().fixes(3)).isTrue();
    assertThat(p.clauses().get(0).rows().toString()).isEqualTo("[Y_0 - 2 * X_1 - X_2 - 1.5 <= 0]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "(assert (or (< Out 1) (> Out 2.0))) # [Y_0 - 1 < 0] | [-Y_0 + 2.0 < 0]",
        "(assert (!= Out 3)) # [Y_0 - 3 < 0] | [-Y_0 + 3 < 0]",
        "(assert (<= (- Out 1 2 3) (- In[0,0,0]))) # [Y_0 + X_0 - 6 <= 0]",
        "(assert (<= (* 2.0 3.0 2.5) 20.0)) # []",
      })
  void readsConditions(String text, String rows) {
    StringBuilder out = new StringBuilder();
    parse(HEAD + text)
        .property()
        .clauses()
        .forEach(c -> out.append(out.isEmpty() ? "" : " | ").append(c.rows()));
    assertThat(out).hasToString(rows);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "(assert (<= Out 1e-3)) # 10:17: '1e-3' is not a number; VNN-LIB 2.0 writes digits",
        "(assert (<= Out .5)) # 10:17: '.5' is not a number",
        "(assert (<= Out[0] 1)) # 10:13: Out has 1 indices, Out [] needs 0",
        "(assert (<= In[0,0] 1)) # 10:13: In has 2 indices, In [1, 2, 2] needs 3",
        "(assert (<= In[0,2,0] 1)) # 10:13: In[0, 2, 0] is outside [1, 2, 2]",
        "(assert (<= In[0,x,0] 1)) # 10:18: expected an index, got 'x'",
        "(assert (<= X 1)) # 10:13: 'X' is not declared",
        "(assert ((<= Out 1))) # 10:10: expected and, or or a comparison",
        "(assert (<= (Out) 1)) # 10:13: expected (+ ...), (- ...) or (* ...)",
        "(assert (<= (* Out Out) 1)) # 10:13: the product of (Y_0) and (Y_0) is not linear",
        "(declare-network g) # 10:2: only one network is supported (theory SNET)",
      })
  void errorsNameLineAndColumn(String text, String error) {
    assertThatThrownBy(() -> parse(HEAD + text))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("p.vnnlib:" + error);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "<3.0> # <2.0> # version <3.0> is not supported",
        "float32 # real # the type float32 is not supported: verdicts are about arithmetic of real",
        "real [1,2, 2] initialized # real [1,2, 2] # initialized inputs are not supported",
        "(declare-hidden H real [1] \"node\") (declare-output # (declare-output #"
            + " hidden nodes are not supported",
        "(isomorphic-to f) (declare-input # (declare-input # isomorphic-to needs another network",
        "(declare-input B real [1]) (declare-output # (declare-output # only one input",
        "In real # Out Real # 'In' is declared twice",
        "[0,2 # [1,2 # In has an extent of 0",
        "[99999,99999 # [1,2 # In has more elements than an array",
      })
  void whatIsNotSupportedIsRefusedByName(String now, String before, String error) {
    String text =
        HEAD.replaceFirst(
            java.util.regex.Pattern.quote(before), java.util.regex.Matcher.quoteReplacement(now));
    assertThat(text).isNotEqualTo(HEAD);
    assertThatThrownBy(() -> parse(text))
        .isInstanceOf(DataException.class)
        .hasMessageContaining(error);
  }
}
