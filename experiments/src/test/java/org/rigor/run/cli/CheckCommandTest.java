// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rigor.certify.ProofFile;
import org.rigor.check.Checker;
import org.rigor.io.Sha256;
import org.rigor.io.onnx.OnnxFiles;
import org.rigor.io.onnx.OnnxWriter;

class CheckCommandTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "--vnnlib p --data d --epsilon 1,expected --vnnlib FILE",
    "--data d,expected --vnnlib FILE",
    "--vnnlib p --epsilon 1,expected --vnnlib FILE",
    "--data d --epsilon 1/2,--epsilon",
    "--data d --epsilon -1,--epsilon: must be >= 0",
    "--data d --epsilon 1 --norm l1,--norm: expected linf or l2",
    "--data d --epsilon 1 --box 1,--box: expected LO",
  })
  void wrongUseIsExitCodeTwo(String words, String message) throws Exception {
    Path model = folder.resolve("m.onnx");
    OnnxWriter.write(model, OnnxFiles.mlp());
    List<Object> all = new ArrayList<>(List.of("check", model, "--model", model));
    for (String w : words.split(" ")) {
      all.add(w.equals("p") || w.equals("d") ? model : w);
    }
    Shell.Result r = Shell.run(all.toArray());
    assertThat(r.exit()).as(r.err()).isEqualTo(2);
    assertThat(r.err()).contains(message);
  }

  /** Whoever made it, whatever it says: only what is proved counts. */
  @Test
  void aProofThatSaysNothingIsExitCodeOne() throws Exception {
    Path model = folder.resolve("m.onnx");
    OnnxWriter.write(model, OnnxFiles.mlp());
    Path property = folder.resolve("p.vnnlib");
    Files.writeString(
        property,
        "(declare-const X_0 Real)(declare-const X_1 Real)(declare-const Y_0 Real)"
            + "(declare-const Y_1 Real)(assert (and (>= X_0 0)(<= X_0 1)(>= X_1 0)(<= X_1 1)))"
            + "(assert (<= Y_0 -9))");
    var empty = new ProofFile(Sha256.of(model), Sha256.of(property));
    Path proof = folder.resolve("p.proof");
    Files.write(proof, empty.bytes());
    assertThat(new Checker(model).property(proof, property)).noneMatch(Checker.Result::accepted);
    Path json = folder.resolve("r.json");
    Shell.Result r =
        Shell.run("check", proof, "--model", model, "--vnnlib", property, "--json", json);
    assertThat(r.exit()).as(r.err()).isEqualTo(1);
    assertThat(r.out()).contains("0 of 1 proved", "the proof says nothing of its inputs");
    assertThat(Files.readString(json)).contains("\"verdict\": \"unproved\"");
  }
}
