// SPDX-License-Identifier: Apache-2.0
package org.rigor.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.certify.Evidence;
import org.rigor.certify.ProofFile;
import org.rigor.io.Sha256;
import org.rigor.io.onnx.OnnxFiles;
import org.rigor.io.onnx.OnnxModel;
import org.rigor.io.onnx.OnnxWriter;
import org.rigor.tensor.Shape;

/**
 * Proofs about y_0 = relu(x_0 + x_1) - relu(x_0 + x_1), which is 0; a line below one and a line
 * above the other give no more than -1 over [-1, 1] x [-1, 1].
 */
abstract class Forgery {
  static final int NODE = 1;
  static final String BOX =
      """
      ; inputs
      (declare-const X_0 Real)
      (declare-const X_1 Real)
      (declare-const Y_0 Real)
      (declare-const Y_1 Real)
      (assert (>= X_0 -1))
      (assert (<= X_0 1.0))
      (assert (>= X_1 -1e0))
      (assert (<= X_1 1))
      """;
  static final String UNSAFE = "(assert (<= (* 2 Y_0) -0.25))\n";

  @TempDir Path folder;
  byte[] model;

  @BeforeEach
  void makeNetwork() {
    model = OnnxWriter.bytes(network(1));
  }

  static OnnxModel network(float gain) {
    return OnnxFiles.input(2)
        .constant("w1", Shape.of(2, 3), 1, 1, 1, 1, 1, 0)
        .constant("b1", Shape.of(3), 0, 0, 8)
        .constant("w2", Shape.of(3, 2), gain, 0, -1, 0, 0, 1)
        .constant("b2", Shape.of(2), 0, -8)
        .then("Gemm", "w1", "b1")
        .then("Relu")
        .then("Gemm", "w2", "b2")
        .output(2);
  }

  Path file(String name, byte[] bytes) {
    try {
      return Files.write(folder.resolve(name), bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Evidence.Literal literal(int unit, boolean positive, double multiplier) {
    return new Evidence.Literal(NODE, unit, positive, (float) multiplier);
  }

  /** The four cells, with the multipliers that make each bound exact. */
  static List<Evidence.Leaf> leaves() {
    return List.of(
        leaf(literal(0, true, 0), literal(1, true, 0)),
        leaf(literal(0, true, 2), literal(1, false, 0)),
        leaf(literal(0, false, 2), literal(1, true, 0)),
        leaf(literal(0, false, 0), literal(1, false, 0)));
  }

  static Evidence.Leaf leaf(Evidence.Literal... cell) {
    return new Evidence.Leaf(List.of(cell), Map.of());
  }

  static Evidence evidence(List<Evidence.Leaf> leaves, Evidence.Tightening... more) {
    return new Evidence(
        new double[] {-1, -1},
        new double[] {1, 1},
        Map.of(),
        List.of(more),
        refuted(new double[] {2, 0}, new double[0], leaves));
  }

  static List<Evidence.Refuted> refuted(
      double[] outputs, double[] inputs, List<Evidence.Leaf> leaves) {
    return List.of(new Evidence.Refuted(List.of(new Evidence.Proved(outputs, inputs, leaves))));
  }

  ProofFile proof(String property) {
    return new ProofFile(Sha256.of(model), Sha256.of(property.getBytes(StandardCharsets.UTF_8)));
  }

  byte[] proof(String property, Evidence e) {
    ProofFile p = proof(property);
    p.add(e);
    return p.bytes();
  }

  Checker.Result check(String property, byte[] proof) {
    Checker c = new Checker(file("net.onnx", model));
    Path text = file("p.vnnlib", property.getBytes(StandardCharsets.UTF_8));
    List<Checker.Result> all = c.property(file("proof", proof), text);
    assertThat(all).hasSize(1);
    return all.get(0);
  }

  void refused(String property, byte[] proof, String why) {
    Checker.Result r = check(property, proof);
    assertThat(r.accepted()).as(r.toString()).isFalse();
    assertThat(r.why()).contains(why);
  }
}
