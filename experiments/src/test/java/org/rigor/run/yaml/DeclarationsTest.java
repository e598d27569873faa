// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.yaml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.rigor.attack.Attacks;
import org.rigor.certify.Certificates;
import org.rigor.run.study.MeasurementSpec;
import org.rigor.run.study.Study;
import org.rigor.run.theory.TheoryStudy;

/**
 * What explain and the schema say comes from the records, and every key of a study is documented.
 */
class DeclarationsTest {
  @Test
  void everyKeyHasASentence() {
    Deque<Class<?>> open = new ArrayDeque<>(List.of(Study.class, TheoryStudy.class));
    Set<Class<?>> seen = new HashSet<>();
    while (!open.isEmpty()) {
      Class<?> c = open.pop();
      if (!seen.add(c)) {
        continue;
      }
      if (KeySpec.isFamily(c)) {
        open.addAll(KeySpec.variants(c).values());
        continue;
      }
      for (KeySpec key : KeySpec.of(c)) {
        assertThat(key.doc()).as("%s.%s", c.getSimpleName(), key.name()).endsWith(".");
        java.lang.reflect.Type t = key.type();
        while (KeySpec.raw(t) == List.class || KeySpec.raw(t) == Optional.class) {
          t = KeySpec.argument(t, 0);
        }
        Class<?> inner = KeySpec.raw(t);
        if (inner != Tree.class && (inner.isRecord() || KeySpec.isFamily(inner))) {
          open.add(inner);
        }
      }
    }
    assertThat(seen).hasSizeGreaterThan(20);
  }

  @Test
  void explainFollowsAPath() {
    assertThat(Explain.key(Study.class, "training.methods.pgd.epsilon"))
        .startsWith("training.methods.pgd.epsilon  (number; >= 0 and <= 1000000; required;")
        .contains("Radius of the ball");
    assertThat(Explain.key(Study.class, "training.schedule")).contains("type: cosine");
    assertThatThrownBy(() -> Explain.key(Study.class, "training.epocs"))
        .hasMessageContaining("did you mean 'epochs'?");
  }

  /** A certificate that is listed is a measurement of studies, without another declaration. */
  @Test
  void everyCertificateHasItsCurve() {
    String all = Explain.key(Study.class, "measurements");
    String schema = JsonSchema.of(Study.class);
    for (String name : Certificates.names()) {
      String sentence = "Certified accuracy over epsilon by " + Certificates.method(name) + ".";
      assertThat(all).contains("type: " + name + "-curve\n    " + sentence);
      assertThat(Explain.key(Study.class, "measurements." + name + "-curve"))
          .startsWith(sentence)
          .contains("measurements." + name + "-curve.epsilons")
          .doesNotContain("-curve.type");
      assertThat(schema).contains(sentence);
    }
    assertThat(KeySpec.variants(MeasurementSpec.class)).doesNotContainKey("certified-curve");
  }

  @Test
  void namesThatAreListedElsewhereAreToldAndInTheSchema() {
    String names = String.join(" | ", Attacks.names());
    assertThat(Explain.key(Study.class, "measurements.pgd-curve.attack"))
        .startsWith("measurements.pgd-curve.attack  (" + names + "; optional)");
    JsonObject schema =
        JsonParser.parseString(JsonSchema.of(MeasurementSpec.PgdCurve.class)).getAsJsonObject();
    assertThat(schema.getAsJsonObject("properties").getAsJsonObject("attack").get("enum"))
        .isEqualTo(JsonParser.parseString("['" + String.join("','", Attacks.names()) + "']"));
    assertThat(schema.getAsJsonArray("required").toString()).doesNotContain("attack");
  }

  @Test
  void theSchemaIsJsonAndHasTheDefaultsAsOptional() {
    JsonObject schema = JsonParser.parseString(JsonSchema.of(Study.class)).getAsJsonObject();
    assertThat(schema.getAsJsonArray("required").toString()).contains("\"sweep\"");
    assertThat(schema.getAsJsonArray("required").toString()).doesNotContain("\"claims\"");
    assertThat(schema.getAsJsonObject("properties").keySet()).contains("claims", "precision");
  }
}
