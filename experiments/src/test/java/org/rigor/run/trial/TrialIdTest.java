// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.trial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.run.study.StudyFile;

class TrialIdTest {
  private static final String STUDY =
      """
      name: small
      data: {type: digits}
      model: {type: mlp, hidden: [16, 16]}
      training:
        epochs: 2
        optimiser: {type: sgd, learning-rate: 0.1}
        methods: [{type: standard}, {type: pgd, epsilon: 0.1}]
      measurements:
        - {type: pgd-curve, epsilons: [0, 0.1]}
      sweep: {seeds: 2}
      """;

  @TempDir Path folder;

  private List<Trial> trials(String text, Identity identity, String... overrides) throws Exception {
    Path file = folder.resolve("s.yaml");
    Files.writeString(file, text);
    return Expansion.trials(StudyFile.read(file, List.of(overrides)), d -> identity);
  }

  private List<String> ids(String text, String... overrides) throws Exception {
    return trials(text, new Identity("d", "cpu", 1), overrides).stream().map(Trial::id).toList();
  }

  /** If this fails, stored results are no longer found: raise it knowingly or not at all. */
  @Test
  void idsStayWhatTheyAre() throws Exception {
    assertThat(ids(STUDY))
        .containsExactly(
            "04ac5b16bc1e95f0e746",
            "f63bf555fa8a524bd4f7",
            "325e3deaabc29f6bc84d",
            "8a22e12b12f208bacc8d");
    Map<String, String> certified =
        Map.of(
            "crown-curve", "6d203f0f0e30f6ccb397",
            "crown-ibp-curve", "1d6e0ab0d14dac77f78c",
            "ibp-curve", "5cec4d5504fac698a600");
    for (Map.Entry<String, String> e : certified.entrySet()) {
      assertThat(ids(STUDY.replace("pgd-curve", e.getKey())).get(0)).isEqualTo(e.getValue());
    }
    Map<String, String> published =
        Map.of(
            "mnist", "afe350b17ef7acefe69c",
            "fashion-mnist", "792d77823604ec4b5f79",
            "cifar10", "6a7004fd5e43d7ab0254",
            "cifar100", "f6485d33f08c89fd8d96");
    for (Map.Entry<String, String> e : published.entrySet()) {
      assertThat(ids(STUDY.replace("digits", e.getKey())).get(0)).isEqualTo(e.getValue());
    }
  }

  @Test
  void spellingDoesNotMatter() throws Exception {
    String other =
        STUDY
            .replace("learning-rate: 0.1", "weight-decay: 0, learning-rate: 1/10")
            .replace("seeds: 2", "seeds: 'range(0, 2)'")
            .replace("name: small", "name: other\ntitle: text")
            .replace("{type: standard}", "{type: standard, name: plain}");
    assertThat(ids(other)).isEqualTo(ids(STUDY));
  }

  @Test
  void whatMayChangeAResultChangesTheId() throws Exception {
    List<String> base = ids(STUDY);
    List<List<String>> others = new ArrayList<>();
    for (String o :
        List.of(
            "data.test-share=0.3",
            "model.hidden=[16]",
            "training.epochs=3",
            "training.optimiser.learning-rate=0.2",
            "training.batch-size=32",
            "precision=f64",
            "measurements[0].steps=41")) {
      others.add(ids(STUDY, o));
    }
    others.add(trials(STUDY, new Identity("e", "cpu", 1)).stream().map(Trial::id).toList());
    others.add(trials(STUDY, new Identity("d", "cuda", 1)).stream().map(Trial::id).toList());
    others.add(trials(STUDY, new Identity("d", "cpu", 2)).stream().map(Trial::id).toList());
    for (List<String> ids : others) {
      assertThat(ids).doesNotContainAnyElementsOf(base);
    }
  }

  @Test
  void measurementsDoNotChangeTheModel() throws Exception {
    Identity id = new Identity("d", "cpu", 1);
    assertThat(trials(STUDY, id, "measurements[0].steps=41").get(0).modelId())
        .isEqualTo(trials(STUDY, id).get(0).modelId());
  }

  @Test
  void equalStructuresShareAPack() throws Exception {
    Identity id = new Identity("d", "cpu", 1);
    String text =
        STUDY.replace(
            "seeds: 2",
            "seeds: 2, grid: {model.hidden: [[16], [32]], training.optimiser.learning-rate: [0.1,"
                + " 0.2]}");
    List<Trial> trials = trials(text, id);
    assertThat(trials).hasSize(16);
    List<Pack> packs = Pack.group(trials);
    assertThat(packs).extracting(p -> p.trials().size()).containsExactly(8, 8);
    assertThat(packs.get(0).halves()).extracting(p -> p.trials().size()).containsExactly(4, 4);
    assertThatThrownBy(() -> Pack.of(trials))
        .hasMessageContaining("differ in structure and cannot share a pack");
  }
}
