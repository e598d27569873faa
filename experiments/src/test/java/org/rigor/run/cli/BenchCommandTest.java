// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchCommandTest {
  @TempDir Path folder;

  @Test
  void aWorkLeavesJsonTableAndWhatPeersNeed() throws Exception {
    Path out = folder.resolve("bench");
    Path json = folder.resolve("a.json");
    Shell.Result r =
        Shell.run(
            "bench",
            "conv-step",
            "--device",
            "cpu",
            "--small",
            "--seconds",
            "0.001",
            "--out",
            out,
            "--json",
            json);
    assertThat(r.exit()).as(r.err()).isZero();
    assertThat(r.out()).contains("| c training step, 28x28").contains("gap");
    JsonObject result = JsonParser.parseString(Files.readString(json)).getAsJsonObject();
    assertThat(result.getAsJsonArray("works")).hasSize(2);
    JsonObject yardstick = result.getAsJsonObject("yardstick");
    for (String rate : new String[] {"copyGBs", "f32TFLOPs", "f64TFLOPs"}) {
      assertThat(yardstick.get(rate).getAsDouble()).as(rate).isPositive();
      assertThat(yardstick.get(rate + "Cores").getAsDouble()).as(rate).isPositive();
    }
    JsonObject work = result.getAsJsonArray("works").get(0).getAsJsonObject();
    for (String field : new String[] {"firstMs", "ms", "least", "most", "repeats"}) {
      assertThat(work.get(field).getAsDouble()).as(field).isPositive();
    }
    // Where other programs slowed the yardstick down, it says why no floor follows from it.
    if (!yardstick.has("refused") && !work.has("noFloor")) {
      double floor = work.get("floorMs").getAsDouble();
      assertThat(floor).isPositive();
      assertThat(work.get("gap").getAsDouble()).isEqualTo(work.get("ms").getAsDouble() / floor);
    }
    assertThat(result.getAsJsonObject("machine").get("command").getAsString())
        .startsWith("./rigor bench conv-step --device cpu --small");
    for (String file : new String[] {"x.npy", "y.npy", "0.weight.npy", "network.json"}) {
      assertThat(out.resolve("exchange/c").resolve(file)).isNotEmptyFile();
    }
    assertThat(Shell.run("compare", json, out).out())
        .containsPattern("c, M=1, rigor +\\S+ +\\S+ +1.00");
  }

  @Test
  void aFolderThatCannotBeWrittenIsSaidFirst() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "");
    Shell.Result r = Shell.run("bench", "c", "--small", "--device", "cpu", "--out", file);
    assertThat(r.exit()).isEqualTo(3);
    assertThat(r.err()).contains("cannot write to the folder " + file, "--out DIR");
  }

  @Test
  void aWrongWorkIsNamedWithTheNearest() {
    Shell.Result r = Shell.run("bench", "kernals");
    assertThat(r.exit()).isEqualTo(2);
    assertThat(r.err())
        .startsWith("rigor: no work 'kernals'; did you mean 'kernels'?")
        .contains("a adversarial-step");
    assertThat(Shell.run("bench", "g", "--seconds", "0").exit()).isEqualTo(2);
  }

  @Test
  void aFileThatIsNoResultIsBadData() throws Exception {
    Path file = Files.writeString(folder.resolve("x.json"), "{}");
    assertThat(Shell.run("compare", file, file).exit()).isEqualTo(4);
  }
}
