// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.check.Checker;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.io.Sha256;
import org.rigor.io.onnx.OnnxAttribute;
import org.rigor.io.onnx.OnnxFiles;
import org.rigor.io.onnx.OnnxModel;
import org.rigor.io.onnx.OnnxTensor;
import org.rigor.io.onnx.OnnxWriter;
import org.rigor.nn.onnx.OnnxNetwork;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Models;

/** Whatever the search refutes, the checker proves from its evidence. */
class EvidenceTest {
  private static final int INPUTS = 3;
  private static final int WIDTH = 6;

  @TempDir Path folder;
  private final Random random = new Random(11);
  private long scattered;
  private long scoped;

  private float[] normal(int n) {
    float[] all = new float[n];
    for (int i = 0; i < n; i++) {
      all[i] = (float) random.nextGaussian();
    }
    return all;
  }

  /**
   * @param moved whether the second layer is transposed before it is bent
   */
  private OnnxModel network(boolean moved) {
    OnnxFiles two =
        OnnxFiles.input(INPUTS)
            .constant("w1", Shape.of(INPUTS, WIDTH), normal(INPUTS * WIDTH))
            .constant("b1", Shape.of(WIDTH), normal(WIDTH))
            .constant("w2", Shape.of(WIDTH, WIDTH), normal(WIDTH * WIDTH))
            .constant("b2", Shape.of(WIDTH), normal(WIDTH))
            .constant("w3", Shape.of(WIDTH, 2), normal(WIDTH * 2))
            .constant("b3", Shape.of(2), normal(2))
            .then("Gemm", "w1", "b1")
            .then("Relu")
            .then("Gemm", "w2", "b2");
    OnnxFiles bent =
        moved
            ? two.constant("s", OnnxTensor.longs(0, 2, 3))
                .then("Reshape", "s")
                .then("Transpose", Map.of("perm", new OnnxAttribute.Ints(List.of(0L, 2L, 1L))))
                .then("Relu")
                .then("Flatten")
            : two.then("Relu");
    return bent.then("Gemm", "w3", "b3").output(2);
  }

  private static String text(String unsafe) {
    StringBuilder s = new StringBuilder();
    for (int i = 0; i < INPUTS; i++) {
      s.append("(declare-const X_%d Real)".formatted(i));
      s.append("(assert (and (>= X_%d -0.5) (<= X_%d 0.5)))\n".formatted(i, i));
    }
    return s + "(declare-const Y_0 Real)(declare-const Y_1 Real)\n" + unsafe;
  }

  @Test
  void theCheckerProvesWhatTheSearchRefutes() throws IOException {
    assertThat(refutes(12, List.of(new Verifier.Phase(0, 200, 0)), false))
        .as("by branching")
        .isGreaterThan(2);
  }

  /** A proof cannot name what no node bends as it is: such sides stay what the checker finds. */
  @Test
  void theCheckerProvesWhatIsTransposedBeforeItIsBent() throws IOException {
    assertThat(
            refutes(6, List.of(new Verifier.Phase(0, 200, 0), new Verifier.Phase(8, 100, 0)), true))
        .isPositive();
  }

  /** Trees of hidden units, whose leaves cover the region, come before those of clauses. */
  @Test
  void theCheckerProvesWhatTreesOfUnitsTighten() throws IOException {
    refutes(
        3,
        List.of(
            new Verifier.Phase(0, 0, 0),
            new Verifier.Phase(8, 0, 0),
            new Verifier.Phase(8, 100, 0)),
        false);
    assertThat(scattered).as("sides with several leaves").isPositive();
  }

  /** Cells that have sides of their own: their tightenings hold there alone. */
  @Test
  void theCheckerProvesWhatSidesOfCellsRefute() throws IOException {
    refutes(3, List.of(new Verifier.Phase(0, 0, 4000)), false);
    assertThat(scoped).as("sides of cells").isPositive();
  }

  /** Proves what the phases of a search refute; returns how often it split for that. */
  private int refutes(int networks, List<Verifier.Phase> phases, boolean moved) throws IOException {
    int refuted = 0;
    int split = 0;
    for (int n = 0; n < networks; n++) {
      OnnxModel model = network(moved);
      Path file = folder.resolve("net" + n + ".onnx");
      OnnxWriter.write(file, model);
      try (Device device = new CpuDevice(2, "scalar", "test")) {
        OnnxNetwork net = OnnxNetwork.whole(model);
        try (Models models = Models.of(device, net, net.values());
            Verifier verifier = new Verifier(models, phases)) {
          // the largest constant of a few with which y_0 - y_1 + 0.5 x_0 + c > 0 is refuted
          for (double c = 0.25; c < 20; c *= 1.5) {
            Outcome o =
                verifier
                    .run(
                        List.of(problem(c)),
                        Budget.nodes(2000),
                        Witness.NONE,
                        true,
                        Verifier.Listener.NONE)
                    .get(0)
                    .get(0);
            if (o.refuted()[0]) {
              refuted++;
              split += o.nodes() > 0 ? 1 : 0;
              prove(file, c, o);
              break;
            }
          }
        }
      }
    }
    assertThat(refuted).as("clauses refuted").isGreaterThan(2 * networks / 3);
    return split;
  }

  private static Problem problem(double c) {
    double[] low = new double[INPUTS];
    double[] high = new double[INPUTS];
    Arrays.fill(low, -0.5);
    Arrays.fill(high, 0.5);
    return new Problem(
        low,
        high,
        new double[][] {{1, -1}},
        new double[][] {{0.5, 0, 0}},
        new double[] {c},
        new int[][] {{0}});
  }

  private void prove(Path model, double c, Outcome o) throws IOException {
    List<Evidence.Tightening> sides =
        o.evidence().stream().flatMap(e -> e.tightenings().stream()).toList();
    scattered += sides.stream().filter(t -> t.leaves().size() > 1).count();
    scoped += sides.stream().filter(t -> !t.scope().isEmpty()).count();
    String unsafe =
        "(assert (<= (+ (- Y_0 Y_1) (* 0.5 X_0)) (- %s)))"
            .formatted(new BigDecimal(c).toPlainString());
    String text = text(unsafe);
    Path property = folder.resolve("p.vnnlib");
    Files.writeString(property, text);
    ProofFile proof =
        new ProofFile(Sha256.of(model), Sha256.of(text.getBytes(StandardCharsets.UTF_8)));
    assertThat(o.evidence()).isNotEmpty().allMatch(e -> !e.refuted().isEmpty());
    o.evidence().forEach(proof::add);
    Path file = folder.resolve("p.proof");
    Files.write(file, proof.bytes());
    Checker.Result r = new Checker(model).property(file, property).get(0);
    assertThat(r.verdict()).as(r.why() + " after " + o.nodes()).isEqualTo("verified");
  }
}
