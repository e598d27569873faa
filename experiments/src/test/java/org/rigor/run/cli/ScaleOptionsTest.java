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
import org.rigor.io.Npy;
import org.rigor.io.Npz;
import org.rigor.io.onnx.OnnxFiles;
import org.rigor.io.onnx.OnnxWriter;
import org.rigor.run.engine.RigorProvider;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/** Features with radii of their own, from the command line. */
class ScaleOptionsTest {
  @TempDir Path folder;

  @BeforeEach
  void linearNetwork() throws IOException {
    System.setProperty("rigor.engine", RigorProvider.class.getName());
    OnnxFiles same = OnnxFiles.input(2).constant("w", Shape.of(2, 2), 1, 0, 0, 1);
    OnnxWriter.write(folder.resolve("m.onnx"), same.then("MatMul", "w").output(2));
    Map<String, HostTensor> arrays = new LinkedHashMap<>();
    arrays.put("x", HostTensor.of(Shape.of(1, 2), new float[] {0.5f, 0.25f}));
    arrays.put("y", HostTensor.of(Shape.of(1), 0));
    Npz.write(folder.resolve("d.npz"), arrays, false);
    npy("scale", 3, 1);
    npy("frozen", 1, 0);
    npy("all", 1, 1);
    npy("negative", 1, -1);
    npy("three", 1, 2, 3);
  }

  private void npy(String name, double... values) throws IOException {
    Npy.write(folder.resolve(name + ".npy"), HostTensor.of(Shape.of(values.length), values));
  }

  @AfterEach
  void clear() {
    System.clearProperty("rigor.engine");
  }

  private Shell.Result run(String command) {
    List<Object> words = new ArrayList<>();
    for (String word : command.split(" ", -1)) {
      words.add(word.contains(".") && !word.matches("[0-9.]+") ? folder.resolve(word) : word);
    }
    return Shell.run(words.toArray());
  }

  private double share(String command, String name) throws IOException {
    Shell.Result r = run(command + " --device cpu --json o.json");
    assertThat(r.exit()).as(r.out() + r.err()).isZero();
    JsonObject o =
        JsonParser.parseString(Files.readString(folder.resolve("o.json"))).getAsJsonObject();
    assertThat(o.getAsJsonArray("scale")).hasSize(2);
    assertThat(r.out()).contains("linf, factors of 2 features");
    return o.get(name).getAsDouble();
  }

  /** The classes x0 and x1 meet where both moves add up to 0.25. */
  @Test
  void samplesFallWhereTheirFactorsSay() throws IOException {
    Map<String, Double> radii =
        Map.of(
            "--scale scale.npy",
            0.0625,
            "--frozen frozen.npy",
            0.25,
            "--scale scale.npy --frozen frozen.npy",
            0.25);
    for (Map.Entry<String, Double> e : radii.entrySet()) {
      for (double side : new double[] {0.99, 1.01}) {
        String asked =
            " --model m.onnx --data d.npz --epsilon %.6f %s"
                .formatted(side * e.getValue(), e.getKey());
        double held = side < 1 ? 1 : 0;
        assertThat(share("attack" + asked, "attacked_accuracy")).as(asked).isEqualTo(held);
        for (String method : List.of("crown", "beta-crown")) {
          assertThat(share("certify --method " + method + asked, "certified_accuracy"))
              .as(asked)
              .isEqualTo(held);
        }
      }
    }
  }

  @Test
  void refusesFactorsThatMeanNothing() {
    for (String wrong :
        List.of(
            "attack --norm l2 --scale scale.npy # 2 # need --norm linf",
            "attack --scale three.npy # 2 # factors have shape [3], the network takes [2]",
            "attack --scale negative.npy # 4 # element 1 is -1.0",
            "attack --frozen all.npy # 4 # not all 0",
            "attack --scale scale.npy --frozen three.npy # 4 # has shape",
            "attack --scale none.npy # 4 # no NPY file at",
            "attack --scale m.onnx # 4 # is not an NPY file",
            "attack --attack universal --scale scale.npy # 2 # --scale: goes without",
            "certify --norm l2 --scale scale.npy # 2 # need --norm linf",
            "certify --scale three.npy # 2 # factors have shape [3]",
            "certify --proof p.proof --scale scale.npy # 2 # --scale: belongs to",
            "certify --method smoothing --norm l2 --frozen frozen.npy # 2 # --frozen: belongs"
                + " to")) {
      String[] parts = wrong.split(" # ", -1);
      Shell.Result r = run(parts[0] + " --model m.onnx --data d.npz --epsilon 0.1 --device cpu");
      assertThat(r.exit()).as(wrong + r.err() + r.out()).isEqualTo(Integer.parseInt(parts[1]));
      assertThat(r.err()).as(wrong).contains(parts[2]);
    }
  }
}
