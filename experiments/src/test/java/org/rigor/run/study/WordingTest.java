// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.rigor.run.study.Quantity.Better;
import org.rigor.run.yaml.Numbers;

class WordingTest {
  private static Quantity size(String name) {
    return Quantity.size(name, "", Better.LOWER, "");
  }

  @Test
  void readersGetWordsAndTheRadiusAsItWasWritten() {
    String key = Quantities.at("attacked-accuracy", 8 / 255.0);
    assertThat(key).isEqualTo("attacked-accuracy@0.03137254901960784");
    Quantity q = Quantity.share(key, Better.HIGHER, "");
    assertThat(Wording.of(q)).isEqualTo("attacked accuracy at 8/255 (%)");
    assertThat(Wording.of("test/" + key + "/last"))
        .isEqualTo("test, attacked accuracy at 8/255, last");
    assertThat(Wording.of("lipschitz-average")).isEqualTo("Lipschitz average");
  }

  @Test
  void aRadiusIsNamedAsAStudyWritesNumbers() {
    String key = Quantities.at("attacked-accuracy", 8 / 255.0);
    assertThat(Quantities.canonical("attacked-accuracy@8/255")).isEqualTo(key);
    assertThat(Quantities.canonical("test/attacked-accuracy@8/255/best-test"))
        .isEqualTo("test/" + key + "/best-test");
    assertThat(Quantities.canonical("corrupted-accuracy@3")).isEqualTo("corrupted-accuracy@3");
    assertThat(Quantities.canonical("a-b@0.10/last")).isEqualTo("a-b@0.1/last");
    assertThat(Quantities.written(key)).isEqualTo("attacked-accuracy@8/255");
    assertThat(Quantities.written("a-b@0.1/last")).isEqualTo("a-b@0.1/last");
    String noisy = Quantities.canonical("ece/noise-8/255");
    assertThat(noisy).isEqualTo("ece/noise-0.03137254901960784");
    assertThat(Quantities.written(noisy)).isEqualTo("ece/noise-8/255");
    assertThat(Wording.of(noisy)).isEqualTo("ECE, noise of 8/255");
  }

  @Test
  void briefNumbersReadBackAsTheSame() {
    for (int k = 1; k < 256; k++) {
      assertThat(Numbers.parse(Numbers.brief(k / 255.0))).isEqualTo(k / 255.0);
      assertThat(Numbers.brief(k / 255.0).length()).isLessThanOrEqualTo(8);
    }
    for (double v :
        new double[] {0, 0.1, -0.25, 1e-3, Math.PI, 1e-300, 12345.678901234567, -1 / 3.0}) {
      assertThat(Numbers.parse(Numbers.brief(v).replaceFirst("^-(\\d+/)", "-$1"))).isEqualTo(v);
    }
    assertThat(Numbers.brief(0.1)).isEqualTo("0.1");
    assertThat(Numbers.brief(12 / 255.0)).isEqualTo("12/255");
    assertThat(Numbers.brief(1 / 3.0)).isEqualTo("1/3");
  }

  @Test
  void severalQuantitiesShareTheWordsOfTheirAxis() {
    assertThat(Wording.common(List.of(size("lipschitz-average"), size("lipschitz-upper"))))
        .isEqualTo("Lipschitz");
    Quantity clean = Quantity.share("test/clean-accuracy", Better.HIGHER, "");
    Quantity train = Quantity.share("train/clean-accuracy", Better.HIGHER, "");
    assertThat(Wording.common(List.of(clean, train))).isEqualTo("clean accuracy (%)");
    assertThat(Wording.common(List.of(clean, Quantity.share("active", Better.NEITHER, ""))))
        .isEqualTo("in %");
    assertThat(Wording.common(List.of(size("brier"), size("nll")))).isEqualTo("value");
  }
}
