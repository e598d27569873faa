// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.run.engine.RigorProvider;

/**
 * Means of two networks: on the box, the first output of one is x0 + x1, of the other x0 - 2 x1,
 * and of their mean x0 - x1 / 2, in [0.75, 2].
 */
class MeanCommandTest {
  @TempDir Path folder;

  @BeforeEach
  void realEngine() {
    System.setProperty("rigor.engine", RigorProvider.class.getName());
  }

  @AfterEach
  void clear() {
    System.clearProperty("rigor.engine");
  }

  private Path first() {
    return VerdictFiles.network(folder.resolve("a.onnx"));
  }

  private Path second() {
    return VerdictFiles.network(folder.resolve("b.onnx"), new float[] {1, 1, -2, -1});
  }

  private Path mean(String of) {
    Path out = folder.resolve("mean.onnx");
    Shell.Result r = Shell.run("mean", first(), second(), "--of", of, "--out", out);
    assertThat(r.exit()).as(r.err()).isZero();
    assertThat(r.out()).contains("mean of the " + of + " of 2 networks");
    return out;
  }

  private int certify(Path model, String unsafe, Object... more) throws IOException {
    Path p = VerdictFiles.property(folder.resolve("p.vnnlib"), "(assert " + unsafe + ")");
    Object[] all = new Object[5 + more.length];
    System.arraycopy(new Object[] {"certify", "--model", model, "--vnnlib", p}, 0, all, 0, 5);
    System.arraycopy(more, 0, all, 5, more.length);
    return Shell.run(all).exit();
  }

  @Test
  void theMeanIsDecidedNotItsMembers() throws IOException {
    Path mean = mean("logits");
    assertThat(certify(first(), "(>= Y_0 2.2)")).isEqualTo(1);
    assertThat(certify(mean, "(>= Y_0 2.01)")).isZero();
    assertThat(certify(mean, "(<= Y_0 0.76)")).isEqualTo(1);
    Path proof = folder.resolve("p.proof");
    assertThat(certify(mean, "(<= Y_0 0.74)", "--proof", proof)).isZero();
    Path p = folder.resolve("p.vnnlib");
    assertThat(Shell.run("check", proof, "--model", mean, "--vnnlib", p).exit()).isZero();
  }

  /** The first probability is the mean of sigmoids of 2 x1 and -x1: in [0.5, 0.5543]. */
  @Test
  void probabilitiesAreMeansOfSoftmaxes() throws IOException {
    Path mean = mean("probabilities");
    assertThat(certify(mean, "(<= Y_0 0.49)")).isZero();
    assertThat(certify(mean, "(<= Y_0 0.501)")).isEqualTo(1);
    assertThat(certify(mean, "(>= Y_0 0.56)")).isZero();
    assertThat(certify(mean, "(>= Y_0 0.554)")).isEqualTo(1);
  }

  @Test
  void refusesWhatDoesNotFit() throws IOException {
    Path out = folder.resolve("mean.onnx");
    Shell.Result one = Shell.run("mean", first(), "--of", "logits", "--out", out);
    assertThat(one.exit()).isEqualTo(2);
    assertThat(one.err()).contains("at least two networks");
    Shell.Result votes = Shell.run("mean", first(), second(), "--of", "votes", "--out", out);
    assertThat(votes.exit()).isEqualTo(2);
    assertThat(votes.err()).contains("expected logits or probabilities, got 'votes'");
    Path wide = VerdictFiles.network(folder.resolve("w.onnx"), new float[] {1, 2, 3, 4, 5, 6});
    Shell.Result shapes = Shell.run("mean", first(), wide, "--of", "logits", "--out", out);
    assertThat(shapes.exit()).isEqualTo(4);
    assertThat(shapes.err()).contains("w.onnx has the output y F32 [1, 3]", "the mean needs the");
    Path soft = VerdictFiles.network(folder.resolve("s.onnx"), "Softmax");
    Shell.Result probabilities = Shell.run("mean", first(), soft, "--of", "logits", "--out", out);
    assertThat(probabilities.exit()).isEqualTo(4);
    assertThat(probabilities.err()).contains("s.onnx: ends with Softmax");
    Shell.Result missing =
        Shell.run("mean", first(), folder.resolve("no.onnx"), "--of", "logits", "--out", out);
    assertThat(missing.exit()).isEqualTo(4);
    assertThat(Files.exists(out)).isFalse();
  }
}
