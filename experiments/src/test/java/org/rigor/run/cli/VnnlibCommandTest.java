// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
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

/** The command line of the standard VNN-LIB 2.0. */
class VnnlibCommandTest {
  private static final String HEAD =
      """
      (vnnlib-version <2.0>)
      (declare-network f (declare-input A real [1,2,1]) (declare-output B real [1,2]))
      (assert (and (>= A[0,0,0] 1.0) (<= A[0,0,0] 2.0) (>= A[0,1,0] 0.0) (<= A[0,1,0] 0.5)))
      """;

  @TempDir Path folder;

  @BeforeEach
  void realEngine() {
    System.setProperty("rigor.engine", RigorProvider.class.getName());
  }

  @AfterEach
  void clear() {
    System.clearProperty("rigor.engine");
  }

  private Shell.Result verify(String query, String... more) throws IOException {
    Path model = VerdictFiles.network(folder.resolve("m.onnx"));
    Path file = Files.writeString(folder.resolve("q.vnnlib"), query);
    List<Object> words =
        new ArrayList<>(
            List.of("vnnlib", "verify", file, "--network", "f=" + model, "--device", "cpu"));
    words.addAll(List.of(more));
    return Shell.run(words.toArray());
  }

  @Test
  void answersAreAloneOnStandardOutput() throws IOException {
    Shell.Result r = verify(HEAD + "(assert (<= B[0,0] 0.99))");
    assertThat(r.exit()).as(r.err()).isZero();
    assertThat(r.out()).isEqualTo("unsat\n");
    assertThat(verify(HEAD + "(assert (<= B[0,0] 0.99))", "--timeout", "0").out())
        .isEqualTo("timed-out\n");
    r = verify(HEAD + "(assert (> A[0,0,0] 2.0))");
    assertThat(r.out()).isEqualTo("unsat\n");
  }

  @Test
  void anAssignmentIsInDeclaredOrder() throws IOException {
    Shell.Result r = verify(HEAD + "(assert (> B[0,0] (* 1.2 A[0,0,0])))");
    List<String> lines = r.out().lines().toList();
    assertThat(lines).hasSize(7).startsWith("sat", "A real [1,2,1]").contains("B real [1,2]");
    double a0 = Double.parseDouble(lines.get(2));
    double a1 = Double.parseDouble(lines.get(3));
    assertThat(Double.parseDouble(lines.get(5))).isEqualTo(a0 + a1).isGreaterThan(1.2 * a0);
    assertThat(Double.parseDouble(lines.get(6))).isEqualTo(a0 - a1);
  }

  @Test
  void anEmptyRegionIsSaid() throws IOException {
    Shell.Result r = verify(HEAD + "(assert (>= A[0,0,0] 3.0))");
    assertThat(r.exit()).isZero();
    assertThat(r.out()).isEqualTo("unsat\n");
    assertThat(r.err()).contains("note: the region of the property has no input in it: X_0 must");
  }

  @Test
  void shapesMustBeThoseOfTheNetwork() throws IOException {
    Shell.Result r = verify(HEAD.replace("[1,2,1]", "[2,1,1]").replace("A[0,1,0]", "A[1,0,0]"));
    assertThat(r.exit()).isEqualTo(4);
    assertThat(r.err())
        .contains("declares the input A with the shape [2, 1, 1], the network has x");
    assertThat(r.out()).isEmpty();
  }

  @Test
  void typesOfFloatsAreRefused() throws IOException {
    Shell.Result r = verify(HEAD.replace("A real", "A float32"));
    assertThat(r.exit()).isEqualTo(4);
    assertThat(r.err()).contains("q.vnnlib:2:37: the type float32 is not supported");
  }

  @Test
  void networksMustBeThoseDeclared() throws IOException {
    Shell.Result r = verify(HEAD, "--network", "g=" + folder.resolve("m.onnx"));
    assertThat(r.exit()).isEqualTo(2);
    assertThat(r.err()).contains("--network: the query declares f alone, got f, g");
    Path query = folder.resolve("q.vnnlib");
    r = Shell.run("vnnlib", "verify", query, "--network", "g=" + folder.resolve("m.onnx"));
    assertThat(r.err()).contains("the query declares f alone, got g");
    r = Shell.run("vnnlib", "verify", query);
    assertThat(r.exit()).isEqualTo(2);
    assertThat(r.err()).contains("Missing required option: '--network=NAME=FILE'");
  }

  @ParameterizedTest
  @CsvSource({
    "--onnx-opset-versions, 7 28",
    "--onnx-element-types, real",
    "--vnnlib-versions, 2.0 2.0",
    "--hidden-node-theories, NH",
    "--multiple-input-output-theories, SIO",
    "--multiple-network-theories, SNET",
    "--multiple-node-comparison-theories, SNC MNC",
    "--arithmetic-complexity-theories, BND OUTC LIN",
    "--optimised-disjunctive-reasoning, false",
    "--serialise-assignments, false",
  })
  void saysWhatItSupports(String capability, String lines) {
    Shell.Result r = Shell.run("vnnlib", "supports", capability);
    assertThat(r.exit()).isZero();
    assertThat(r.out()).isEqualTo(lines.replace(" ", "\n") + "\n");
    assertThat(r.err()).isEmpty();
  }

  @Test
  void namesItself() {
    assertThat(Shell.run("vnnlib", "--name").out()).isEqualTo("Rigor\n");
    assertThat(Shell.run("vnnlib", "--version").out().lines()).hasSize(1);
    Shell.Result r = Shell.run("vnnlib", "supports", "--everything");
    assertThat(r.exit()).isEqualTo(2);
    assertThat(r.err()).contains("expected one of --onnx-opset-versions").contains("--everything");
  }
}
