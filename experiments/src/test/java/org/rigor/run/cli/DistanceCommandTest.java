// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.io.ElementKind;
import org.rigor.io.Npz;
import org.rigor.io.onnx.OnnxGraph;
import org.rigor.io.onnx.OnnxModel;
import org.rigor.io.onnx.OnnxNode;
import org.rigor.io.onnx.OnnxTensor;
import org.rigor.io.onnx.OnnxValueInfo;
import org.rigor.io.onnx.OnnxWriter;
import org.rigor.run.engine.RigorProvider;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/** {@code rigor distance} on the classifier by the sign of z = 2 a - 3 b. */
class DistanceCommandTest {
  @TempDir Path folder;

  @BeforeEach
  void realEngine() {
    System.setProperty("rigor.engine", RigorProvider.class.getName());
  }

  @AfterEach
  void clear() {
    System.clearProperty("rigor.engine");
  }

  private Path line() {
    OnnxTensor w = OnnxTensor.of(HostTensor.of(Shape.of(2, 1), 2f, -3));
    OnnxGraph graph =
        new OnnxGraph(
            "g",
            List.of(new OnnxNode(0, "MatMul", "", "", List.of("x", "w"), List.of("z"), Map.of())),
            Map.of("w", w),
            List.of(new OnnxValueInfo("x", ElementKind.F32, List.of(OnnxValueInfo.FREE, 2L))),
            List.of(new OnnxValueInfo("z", ElementKind.F32, List.of(OnnxValueInfo.FREE, 1L))));
    Path file = folder.resolve("m.onnx");
    OnnxWriter.write(file, new OnnxModel("m.onnx", 8, 17, "", graph));
    return file;
  }

  private Path data(float[] x, int... labels) {
    Path file = folder.resolve("d.npz");
    Map<String, HostTensor> arrays =
        Map.of(
            "x", HostTensor.of(Shape.of(labels.length, 2), x),
            "y", HostTensor.of(Shape.of(labels.length), labels));
    Npz.write(file, arrays, false);
    return file;
  }

  /** |z| / 5 in linf and |z| / sqrt(13) in l2; a third sample is misclassified as it stands. */
  @Test
  void distancesAreThoseOfTheLine() throws IOException {
    Path model = line();
    Path data = data(new float[] {0.5f, 0.5f, 0.75f, 0.25f, 0, 1}, 0, 1, 1);
    Path out = folder.resolve("o.json");
    for (String attack : List.of("fmn", "deepfool", "pgd")) {
      for (boolean round : new boolean[] {false, true}) {
        List<Object> words =
            List.of(
                "distance",
                "--model",
                model,
                "--data",
                data,
                "--attack",
                attack,
                "--norm",
                round ? "l2" : "linf",
                "--json",
                out,
                "--device",
                "cpu");
        Shell.Result r = Shell.run(words.toArray());
        assertThat(r.exit()).as(r.err()).isZero();
        assertThat(r.out()).contains("never fooled").contains("median distance");
        JsonObject o = JsonParser.parseString(Files.readString(out)).getAsJsonObject();
        double share = attack.equals("pgd") ? 0.02 : 1e-3;
        double[] exact = {0.5, 0.75};
        JsonArray samples = o.getAsJsonArray("samples");
        for (int n = 0; n < 2; n++) {
          JsonObject sample = samples.get(n).getAsJsonObject();
          double own = exact[n] / (round ? Math.sqrt(13) : 5);
          assertThat(sample.get("distance").getAsDouble())
              .isBetween(own * (1 - 1e-9), own * (1 + share));
          assertThat(sample.get("side").getAsString()).isEqualTo("upper");
          assertThat(sample.get("attack").getAsString()).isEqualTo(attack);
        }
        JsonObject wrong = samples.get(2).getAsJsonObject();
        assertThat(wrong.get("distance").getAsDouble()).isZero();
        assertThat(wrong.get("side").getAsString()).isEqualTo("exact");
        JsonArray left = o.getAsJsonObject("curve").getAsJsonArray("attacked_accuracy");
        assertThat(left.toString()).startsWith("[0.666").contains(",0.333").endsWith(",0.0]");
        assertThat(o.get("never_fooled").getAsDouble()).isZero();
      }
    }
  }

  @Test
  void aDistanceSaysWhatItDoesNotTake() throws IOException {
    Path model = line();
    Path data = data(new float[] {0.5f, 0.5f}, 0);
    Map<List<String>, String> refused =
        Map.of(
            List.of("--attack", "ddn"), "--attack ddn takes --norm l2, got linf",
            List.of("--attack", "pgd", "--box", "none"), "--farthest: needed, as --attack pgd",
            List.of("--farthest", "-1"), "--farthest: must be greater than 0, got -1.0",
            List.of("--norm", "l3"), "--norm: expected linf, l2, l1 or l0, got 'l3'",
            List.of("--loss", "dlr"), "--attack fmn needs --loss margin or targeted-margin",
            List.of("--attack", "fnm"), "did you mean 'fmn'?");
    refused.forEach(
        (options, why) -> {
          List<Object> words = new ArrayList<>(List.of("distance", "--model", model));
          words.addAll(List.of("--data", data));
          words.addAll(options);
          Shell.Result r = Shell.run(words.toArray());
          assertThat(r.exit()).as(why).isEqualTo(2);
          assertThat(r.err()).contains(why);
        });
  }
}
