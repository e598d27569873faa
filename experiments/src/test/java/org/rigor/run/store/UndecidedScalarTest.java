// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.diff.Kind;
import org.rigor.run.study.StudyFile;
import org.rigor.run.trial.Expansion;
import org.rigor.run.trial.Identity;
import org.rigor.run.trial.Outcome;
import org.rigor.run.trial.Scalar;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialResult;

/** A number that could not be decided is null in a trial's file, and is read as such. */
class UndecidedScalarTest {
  @TempDir private Path folder;

  @Test
  void anUndecidedNumberIsNullWithItsReason() throws Exception {
    Path file = folder.resolve("s.yaml");
    Files.writeString(
        file,
        """
        name: small
        data: {type: digits}
        model: {type: mlp, hidden: [4]}
        training: {epochs: 1, optimiser: {type: sgd, learning-rate: 0.1}, methods: [{type: standard}]}
        measurements: [{type: lipschitz}]
        sweep: {seeds: 1}
        """);
    StudyFile study = StudyFile.read(file, List.of());
    Trial t = Expansion.trials(study, d -> new Identity("d", "cpu", 1)).get(0);
    Scalar none = Scalar.undecided(Kind.CERTIFIED, "every sample is at a kink");
    Scalar one = new Scalar(1.5, Kind.CERTIFIED, "product");
    TrialResult r =
        new TrialResult(
            t.id(),
            Outcome.FINISHED,
            "",
            1,
            Map.of(Scalar.LIPSCHITZ_LOWER, none, Scalar.LIPSCHITZ_UPPER, one),
            new boolean[0],
            List.of(),
            List.of());
    String text = TrialJson.write(t, r);
    assertThat(text)
        .contains(
            "\"lipschitz-lower\":{\"value\":null,\"kind\":\"certified\",\"method\":\"every sample");
    assertThat(TrialJson.read("t.json", utf8(text)).scalars()).isEqualTo(r.scalars());
    assertThatThrownBy(() -> TrialReader.read("t.json", utf8(text.replace("\"value\":null,", ""))))
        .hasMessageContaining("value is missing");
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void onlyAnUndecidedNumberIsNaN() {
    assertThatThrownBy(() -> new Scalar(Double.NaN, Kind.BOUND, "x"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(Scalar.undecided(Kind.BOUND, "x").decided()).isFalse();
  }
}
