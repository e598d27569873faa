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

/** Verdicts over radii from the command line. */
class CurveCommandTest {
  @TempDir Path folder;

  @BeforeEach
  void realEngine() {
    System.setProperty("rigor.engine", RigorProvider.class.getName());
  }

  @AfterEach
  void clear() {
    System.clearProperty("rigor.engine");
  }

  /** The classes x0 and x1 meet at the distance 0.125 in linf and 0.1768 in l2. */
  @Test
  void verdictsOverRadiiChangeAtTheClosedForm() throws IOException {
    Path model = folder.resolve("m.onnx");
    OnnxFiles same = OnnxFiles.input(2).constant("w", Shape.of(2, 2), 1, 0, 0, 1);
    OnnxWriter.write(model, same.then("MatMul", "w").output(2));
    Path data = folder.resolve("d.npz");
    Map<String, HostTensor> arrays = new LinkedHashMap<>();
    arrays.put("x", HostTensor.of(Shape.of(2, 2), new float[] {0.5f, 0.25f, 0.5f, 0.25f}));
    arrays.put("y", HostTensor.of(Shape.of(2), 0, 1));
    Npz.write(data, arrays, false);
    Path out = folder.resolve("o.json");
    for (String norm : List.of("linf", "l2")) {
      String radii = norm.equals("linf") ? "0,0.124,0.126,1/4" : "0,0.176,0.178,1/4";
      Shell.Result run =
          Shell.run(
              "certify",
              "--model",
              model,
              "--data",
              data,
              "--json",
              out,
              "--device",
              "cpu",
              "--epsilons",
              radii,
              "--norm",
              norm,
              "--method",
              "beta-crown",
              "--budget",
              "100");
      assertThat(run.exit()).as(run.out() + run.err()).isZero();
      JsonObject o = JsonParser.parseString(Files.readString(out)).getAsJsonObject();
      assertThat(o.get("verified").toString()).isEqualTo("[2,0]");
      assertThat(o.get("not_violated").toString()).isEqualTo("[2,0]");
      JsonObject last = o.getAsJsonArray("radii").get(3).getAsJsonObject();
      assertThat(last.get("epsilon").getAsDouble()).isEqualTo(0.25);
      assertThat(last.get("violated").getAsInt()).isEqualTo(2);
    }
    for (String wrong :
        List.of(
            "--epsilons 0.2,0.1 # --epsilons: must ascend",
            "--epsilons 0.1,0.1 # --epsilons: must ascend",
            "--epsilons -1 # --epsilon: must be >= 0",
            "--epsilons 0.1 --epsilon 0.1 # --epsilons: goes without --epsilon",
            "--epsilons 0.1 --budget 9 # --budget: must be >= 1, with a --method that searches",
            "--epsilons 0.1 --method beta-crown --budget 0 # --budget: must be >= 1",
            "--epsilons 0.1 --method gamma # --method: expected one of beta-crown",
            "--epsilon 0.1 --budget 9 # --budget: belongs to --epsilons")) {
      String[] both = wrong.split(" # ", -1);
      List<Object> words = new ArrayList<>(List.of("certify", "--model", model, "--data", data));
      words.addAll(List.of(both[0].split(" ", -1)));
      Shell.Result r = Shell.run(words.toArray());
      assertThat(r.exit()).as(wrong + r.err()).isEqualTo(2);
      assertThat(r.err()).contains(both[1]);
    }
  }
}
