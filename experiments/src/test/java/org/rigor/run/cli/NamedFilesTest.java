// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.run.FakeEngine;
import org.rigor.run.engine.RigorProvider;

/** Files and folders that a command names: one that cannot be used is exit code 4 everywhere. */
class NamedFilesTest {
  @TempDir Path folder;
  private Path study;
  private Path runs;

  @BeforeEach
  void prepare() throws Exception {
    System.setProperty("rigor.engine", FakeEngine.class.getName());
    System.setProperty("rigor.terminal", "0");
    study = Shell.study(folder, Shell.STUDY);
    runs = folder.resolve("runs");
  }

  @AfterEach
  void clear() {
    System.clearProperty("rigor.engine");
    System.clearProperty("rigor.terminal");
  }

  @Test
  void whatIsNotThereIsExitCodeFourFromEveryCommandAndIsNamed() throws Exception {
    Path gone = folder.resolve("gone");
    Path model = Files.createFile(folder.resolve("m.onnx"));
    Path empty = Files.createDirectory(folder.resolve("empty"));
    List<List<Object>> commands =
        List.of(
            List.of("run", gone),
            List.of("run", empty),
            List.of("plan", gone),
            List.of("run", study, "--data-dir", gone, "--out", runs),
            List.of("plan", study, "--data-dir", gone, "--out", runs),
            List.of("report", gone),
            List.of("report", empty),
            List.of("compare", gone, gone),
            List.of("reproduce", gone),
            List.of("attack", "--model", gone, "--data", gone, "--epsilon", "0.1"),
            List.of("attack", "--model", model, "--data", gone, "--epsilon", "0.1"),
            List.of("attack", "--model", empty, "--data", gone, "--epsilon", "0.1"),
            List.of("certify", "--model", gone, "--data", gone, "--epsilon", "0.1"),
            List.of("certify", "--model", model, "--data", gone, "--epsilon", "0.1"),
            List.of("check", gone, "--model", model, "--vnnlib", gone),
            List.of("check", model, "--model", gone, "--vnnlib", model),
            List.of("check", model, "--model", model, "--vnnlib", model),
            List.of("lipschitz", "--model", gone),
            List.of("lipschitz", "--model", model, "--data", gone),
            List.of("list", "--plugin", gone),
            List.of("--plugin", model, "list"));
    for (List<Object> words : commands) {
      Shell.Result r = Shell.run(words.toArray());
      assertThat(r.exit()).as(words + ": " + r.err()).isEqualTo(4);
      assertThat(r.out()).as(words.toString()).isEmpty();
      assertThat(r.err().lines().count()).as(r.err()).isEqualTo(1);
      assertThat(r.err()).containsAnyOf("gone", "empty", "m.onnx").doesNotContain("internal error");
    }
  }

  /** Before the network is read: an hour's work must not end in a folder that is not there. */
  @Test
  void aResultThatCannotBeWrittenIsSaidFirst() throws Exception {
    Path model = Files.createFile(folder.resolve("m.onnx"));
    Path data = Files.createFile(folder.resolve("d.npz"));
    Path there = folder.resolve("none/o.json");
    for (List<Object> words :
        List.<List<Object>>of(
            List.of("attack", "--data", data, "--epsilon", "0.1", "--json", there),
            List.of("attack", "--data", data, "--epsilon", "0.1", "--save", there),
            List.of("certify", "--data", data, "--epsilon", "0.1", "--json", there),
            List.of("lipschitz", "--data", data, "--json", there),
            List.of("lipschitz", "--data", data, "--json", folder))) {
      Shell.Result r = Shell.run(with(words, "--model", model));
      assertThat(r.exit()).as(r.err()).isEqualTo(3);
      assertThat(r.err()).startsWith("rigor: cannot write " + words.get(words.size() - 1));
    }
  }

  @Test
  void aDashIsStandardOutputAndThatHoldsTheJsonAlone() throws Exception {
    System.setProperty("rigor.engine", RigorProvider.class.getName());
    // Logits that are the two inputs, as an ONNX file of opset 17.
    byte[] identity =
        HexFormat.of()
            .parseHex(
                "08083a5f0a110a01780a015712017922064d61744d756c1201672a1b0802080210014201574a10"
                    + "0000803f00000000000000000000803f5a140a0178120f0a0d080112090a0312014e0a020802"
                    + "62140a0179120f0a0d080112090a0312014e0a02080242040a001011");
    Path model = Files.write(folder.resolve("id.onnx"), identity);
    Path data = Files.writeString(folder.resolve("t.csv"), "u,v,label\n0.1,0.2,1\n0.3,0.2,0\n");
    for (List<Object> words :
        List.<List<Object>>of(
            List.of("attack", "--model", model, "--data", data, "--epsilon", "0.01"),
            List.of("certify", "--model", model, "--data", data, "--epsilon", "0.01"),
            List.of("lipschitz", "--model", model))) {
      Shell.Result plain = Shell.run(with(words, "--device", "cpu"));
      Shell.Result json = Shell.run(with(words, "--device", "cpu", "--json", "-"));
      assertThat(json.exit()).as(json.err()).isZero();
      assertThat(JsonParser.parseString(json.out()).isJsonObject()).isTrue();
      assertThat(json.err()).contains(plain.out().lines().findFirst().orElseThrow());
    }
    assertThat(Path.of("-")).doesNotExist();
  }

  private static Object[] with(List<Object> words, Object... more) {
    List<Object> all = new ArrayList<>(words);
    all.addAll(List.of(more));
    return all.toArray();
  }
}
