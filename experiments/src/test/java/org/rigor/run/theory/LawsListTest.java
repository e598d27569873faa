// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.rigor.run.yaml.Explain;
import org.rigor.run.yaml.JsonSchema;
import org.rigor.run.yaml.KeySpec;
import org.rigor.run.yaml.SpecException;

/** Laws are bound, explained and completed as every other choice, though they come from a list. */
class LawsListTest {
  @Test
  void aLawIsBoundWithItsOptionsAndChecked() {
    Law law = LawCheck.law(TestLaws.Halves.class, "terms=50");
    assertThat(law).isEqualTo(new TestLaws.Halves(50, 1, 1));
    LawCheck.green(law);
    assertThatThrownBy(() -> LawCheck.law(TestLaws.Halves.class, "terms=0"))
        .isInstanceOf(SpecException.class)
        .hasMessageContaining("terms: must be >= 1 and <= 60, got 0");
    assertThatThrownBy(() -> LawCheck.law(TestLaws.Halves.class, "terns=5"))
        .hasMessageContaining("did you mean 'terms'?");
    assertThatThrownBy(() -> LawCheck.green(LawCheck.law(TestLaws.Halves.class, "sum=1.1")))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("predicted 1.1");
  }

  @Test
  void explainAndSchemaKnowTheLaws() {
    assertThat(Explain.key(TheoryStudy.class, "laws")).contains("type: test:halves");
    assertThat(Explain.key(TheoryStudy.class, "laws.test:halves.terms")).contains("default 40");
    assertThatThrownBy(() -> Explain.key(TheoryStudy.class, "laws.test:halvs"))
        .hasMessageContaining("did you mean 'test:halves'?");
    assertThat(JsonSchema.of(TheoryStudy.class)).contains("\"const\": \"test:halves\"");
  }

  @Test
  void everyLawSaysWhatItIs() {
    KeySpec.variants(Law.class)
        .forEach(
            (type, c) ->
                assertThat(c.getAnnotation(org.rigor.run.yaml.Doc.class)).as(type).isNotNull());
  }
}
