// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.io.Npz;
import org.rigor.io.onnx.OnnxFiles;
import org.rigor.io.onnx.OnnxWriter;
import org.rigor.run.engine.RigorProvider;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/** Randomised smoothing from the command line and in a study. */
class SmoothingCommandTest {
  @TempDir Path folder;

  private Path model;
  private Path data;

  @BeforeEach
  void linearNetwork() throws IOException {
    System.setProperty("rigor.engine", RigorProvider.class.getName());
    model = folder.resolve("m.onnx");
    OnnxFiles same = OnnxFiles.input(2).constant("w", Shape.of(2, 2), 1, 0, 0, 1);
    OnnxWriter.write(model, same.then("MatMul", "w").output(2));
    data = folder.resolve("d.npz");
    Map<String, HostTensor> arrays = new LinkedHashMap<>();
    arrays.put("x", HostTensor.of(Shape.of(2, 2), new float[] {1, 0.5f, 0.5f, 0.25f}));
    arrays.put("y", HostTensor.of(Shape.of(2), 0, 1));
    Npz.write(data, arrays, false);
  }

  @AfterEach
  void clear() {
    System.clearProperty("rigor.engine");
  }

  private Shell.Result certify(String options, Object... more) {
    List<Object> words = new ArrayList<>(List.of("certify", "--model", model, "--data", data));
    words.addAll(List.of(options.split(" ", -1)));
    words.addAll(List.of(more));
    return Shell.run(words.toArray());
  }

  /**
   * The first sample is right and 0.3536 from the boundary; the second is wrong, 0.1768 from it.
   */
  @Test
  void radiiLieAroundTheClosedForm() throws IOException {
    Path out = folder.resolve("o.json");
    Shell.Result run =
        certify(
            "--method smoothing --norm l2 --sigma 0.25,0.5 --epsilons 0,0.2,0.33,0.38,2"
                + " --samples 20000 --alpha 0.001 --device cpu --json",
            out);
    assertThat(run.exit()).as(run.out() + run.err()).isZero();
    assertThat(run.out())
        .contains("1 right, 1 wrong, abstains on 0")
        .contains("not the network f", "with probability 0.999", "an estimate");
    JsonObject o = JsonParser.parseString(Files.readString(out)).getAsJsonObject();
    assertThat(o.get("kind").getAsString()).isEqualTo("estimate");
    assertThat(o.get("about").getAsString()).contains("smoothed classifier");
    for (int s = 0; s < 2; s++) {
      JsonObject sigma = o.getAsJsonArray("sigmas").get(s).getAsJsonObject();
      int[] certified = {1, 1, 1, 0, 0};
      for (int e = 0; e < certified.length; e++) {
        JsonObject one = sigma.getAsJsonArray("radii").get(e).getAsJsonObject();
        assertThat(one.get("certified").getAsInt()).as("radius %d", e).isEqualTo(certified[e]);
        assertThat(one.get("refuted").getAsInt() + one.get("open").getAsInt())
            .isEqualTo(2 - certified[e]);
      }
      double[] radii = {0.5 / Math.sqrt(2), 0.25 / Math.sqrt(2)};
      for (int n = 0; n < 2; n++) {
        JsonObject one = sigma.getAsJsonArray("samples").get(n).getAsJsonObject();
        assertThat(one.get("predicted").getAsInt()).isZero();
        assertThat(one.getAsJsonArray("radius").get(0).getAsDouble()).isLessThan(radii[n]);
        if (!one.getAsJsonArray("radius").get(1).isJsonNull()) {
          assertThat(one.getAsJsonArray("radius").get(1).getAsDouble()).isGreaterThan(radii[n]);
        }
      }
      assertThat(sigma.get("draws").getAsLong()).isLessThan(40_000);
    }
  }

  @Test
  void refusesWhatSmoothingIsNot() {
    for (String wrong :
        List.of(
            "--method smoothing --epsilon 0.1 # --norm: smoothing certifies balls of --norm l2",
            "--method smoothing --norm linf --epsilon 0.1 # --norm: smoothing certifies",
            "--method smoothing --norm l2 # Missing required option: '--epsilon=E'",
            "--method smoothing --norm l2 --epsilons 0.2,0.1 # --epsilons: must ascend",
            "--method smoothing --norm l2 --epsilon 1 --sigma 0 # --sigma: must be > 0",
            "--method smoothing --norm l2 --epsilon 1 --sigma 1,-1 # --sigma: must be > 0",
            "--method smoothing --norm l2 --epsilon 1 --samples 150 # multiple of 100",
            "--method smoothing --norm l2 --epsilon 1 --samples 0 # multiple of 100",
            "--method smoothing --norm l2 --epsilon 1 --alpha 0 # alpha: expected a number in",
            "--method smoothing --norm l2 --epsilon 1 --alpha 0.6 # alpha: expected a number in",
            "--method smoothing --norm l2 --epsilon 1 --budget 5 # --budget: goes without",
            "--method smoothing --norm l2 --epsilon 1 --proof p # --proof: goes without",
            "--method crown --epsilon 1 --sigma 0.5 # --sigma: belongs to --method smoothing",
            "--epsilon 1 --samples 100 # --samples: belongs to --method smoothing",
            "--epsilon 1 --method smoothly # --method: expected one of beta-crown")) {
      String[] both = wrong.split(" # ", -1);
      Shell.Result r = certify(both[0]);
      assertThat(r.exit()).as(wrong + r.err()).isEqualTo(2);
      assertThat(r.err()).as(wrong).contains(both[1]);
    }
  }
}
