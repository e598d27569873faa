// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rigor.run.engine.RigorProvider;

/** A network with its preprocessing in front. */
class PreprocessCommandTest {
  @TempDir Path folder;

  @BeforeEach
  void prepare() {
    System.setProperty("rigor.engine", RigorProvider.class.getName());
  }

  @AfterEach
  void clear() {
    System.clearProperty("rigor.engine");
  }

  /**
   * On [1, 2] x [0, 1/2] y0 is at least 1. In pixels, 255 (x + 1), the same box is [510, 765] x
   * [255, 382.5].
   */
  @Test
  void propertiesAreInTheUnitsOfTheRawInput() throws Exception {
    Path model = VerdictFiles.network(folder.resolve("m.onnx"));
    Path whole = folder.resolve("whole.onnx");
    Shell.Result made =
        Shell.run("preprocess", model, "--scale", "255", "--mean", "1", "--out", whole);
    assertThat(made.exit()).as(made.err()).isZero();
    Path property = VerdictFiles.property(folder.resolve("p.vnnlib"), "(assert (<= Y_0 0.99))");
    String pixels =
        Files.readString(property)
            .replace("(>= X_0 1)", "(>= X_0 510)")
            .replace("(<= X_0 2)", "(<= X_0 765)")
            .replace("(>= X_1 0)", "(>= X_1 255)")
            .replace("(<= X_1 0.5)", "(<= X_1 382.5)");
    Path scaled = Files.writeString(folder.resolve("q.vnnlib"), pixels);
    Path proof = folder.resolve("q.proof");
    Shell.Result verdict =
        Shell.run(
            "certify", "--model", whole, "--vnnlib", scaled, "--proof", proof, "--device", "cpu");
    assertThat(verdict.exit()).as(verdict.err()).isZero();
    assertThat(verdict.out()).contains("verified");
    Shell.Result check = Shell.run("check", proof, "--model", whole, "--vnnlib", scaled);
    assertThat(check.exit()).as(check.out() + check.err()).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--out|w.onnx|2|needs --mean, --std or --scale",
        "--std|0|2|--std: must be above 0 and finite in float32, got 0.0",
        "--scale|-255|2|--scale: must be above 0",
        "--mean|1e300|2|--mean: must be finite in float32",
        "--mean|1,2,3|4|3 numbers do not tell the channels",
      })
  void wrongNumbersAreNamed(String option, String value, int exit, String message) {
    Path model = VerdictFiles.network(folder.resolve("m.onnx"));
    List<Object> words = new ArrayList<>(List.of("preprocess", model));
    if (!option.equals("--out")) {
      words.addAll(List.of("--out", folder.resolve("w.onnx")));
    }
    words.addAll(List.of(option, option.equals("--out") ? folder.resolve(value) : value));
    Shell.Result r = Shell.run(words.toArray());
    assertThat(r.exit()).as(r.err()).isEqualTo(exit);
    assertThat(r.err()).contains(message);
    assertThat(folder.resolve("w.onnx")).doesNotExist();
  }
}
