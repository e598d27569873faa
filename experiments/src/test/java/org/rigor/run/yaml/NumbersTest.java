// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.yaml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NumbersTest {
  @ParameterizedTest
  @CsvSource({
    "3, 3",
    "-0.5, -0.5",
    "+.5, 0.5",
    "1e-3, 0.001",
    "1.E2, 100",
    "8/255, 0.03137254901960784",
    "2^-4, 0.0625",
    "1e-1/2, 0.05",
    "' 8 / 255 ', 0.03137254901960784"
  })
  void grammar(String text, double value) {
    assertThat(Numbers.parse(text)).isEqualTo(value);
  }

  @ParameterizedTest
  @CsvSource({"0x10", "1_000", "'1,5'", "one", "''", "1/2/3", "--1", "1e", "inf", "2^"})
  void notNumbers(String text) {
    assertThatThrownBy(() -> Numbers.parse(text)).isInstanceOf(NumberFormatException.class);
  }

  @Test
  void wholeNumbers() {
    assertThat(Numbers.parseWhole("1e3")).isEqualTo(1000);
    assertThat(Numbers.parseWhole("2^10")).isEqualTo(1024);
    assertThat(Numbers.parseWhole("9007199254740993")).isEqualTo(9007199254740993L);
    assertThatThrownBy(() -> Numbers.parseWhole("1e30")).isInstanceOf(NumberFormatException.class);
    assertThatThrownBy(() -> Numbers.parseWhole("1e999999999"))
        .isInstanceOf(NumberFormatException.class);
  }

  @Property
  void shownNumbersReadBackAsThemselves(@ForAll double v) {
    if (Double.isFinite(v)) {
      assertThat(Numbers.parse(Numbers.show(v))).isEqualTo(v == 0 ? 0.0 : v);
    }
  }

  @Test
  void series() {
    assertThat(Series.expand("range(0, 0.3, 0.1)")).isEqualTo(List.of("0", "0.1", "0.2"));
    assertThat(Series.expand("range(3, 0, -1)")).isEqualTo(List.of("3", "2", "1"));
    assertThat(Series.expand("range(0, 3)")).isEqualTo(List.of("0", "1", "2"));
    assertThat(Series.expand("linspace(0, 0.3, 4)")).isEqualTo(List.of("0", "0.1", "0.2", "0.3"));
    assertThat(Series.expand("logspace(1e-3, 1, 4)"))
        .isEqualTo(List.of("0.001", "0.01", "0.1", "1"));
    assertThatThrownBy(() -> Series.expand("logspace(0, 1, 3)")).hasMessageContaining("positive");
    assertThatThrownBy(() -> Series.expand("range(0, 1e9, 1)")).hasMessageContaining("10000");
    assertThatThrownBy(() -> Series.expand("choice(1, 2, 3)")).hasMessageContaining("linspace");
  }

  @Test
  void nearestNames() {
    List<String> known = List.of("epsilon", "epochs", "steps", "relative-step");
    assertThat(Names.nearest("epsilonn", known)).contains("epsilon");
    assertThat(Names.nearest("eposhc", known)).contains("epochs");
    assertThat(Names.nearest("eps", known)).contains("epsilon");
    assertThat(Names.nearest("relativeStep", known)).contains("relative-step");
    assertThat(Names.nearest("colour", known)).isEmpty();
  }
}
