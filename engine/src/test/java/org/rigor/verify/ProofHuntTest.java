// SPDX-License-Identifier: Apache-2.0
package org.rigor.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.certify.ProofFile;
import org.rigor.check.Checker;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.io.Sha256;
import org.rigor.io.onnx.OnnxModel;
import org.rigor.io.onnx.OnnxWriter;
import org.rigor.nn.Activation;
import org.rigor.nn.Conv2d;
import org.rigor.nn.Dense;
import org.rigor.nn.Flatten;
import org.rigor.nn.Layer;
import org.rigor.nn.Sequential;
import org.rigor.nn.onnx.OnnxNetwork;
import org.rigor.op.Windows;
import org.rigor.property.Property;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.verify.Verdict.Answer;
import org.rigor.workspace.Models;

/**
 * The checker accepts the proof of every verdict over random networks, none of which is wrong.
 *
 * <p>{@code -Drigor.verdicts=10000} proves what is decided of a twentieth as many.
 */
class ProofHuntTest {
  private static final int NETWORKS = Integer.getInteger("rigor.verdicts", 120) / 20;
  private static final double[] APART = {0.05, -0.05, 1e-4};

  @TempDir Path folder;
  private int verified;
  private int violated;
  private int unknown;

  @Test
  void everyVerdictIsProved() throws IOException {
    try (Device device = new CpuDevice(1, "scalar", "test")) {
      for (int seed = 0, n = 0; n < NETWORKS; seed++) {
        Random r = new Random(100_000 + seed);
        Sequential net = SmallNetworks.values()[seed % SmallNetworks.values().length].next(r);
        if (AsOnnx.writes(net.layers())) {
          prove(device, net, r, net + ", seed " + seed);
          n++;
        }
      }
    }
    System.out.printf(
        "proofs: verified %d, violated %d, unknown %d%n", verified, violated, unknown);
    assertThat(verified).isGreaterThan(NETWORKS);
    assertThat(violated).isGreaterThan(NETWORKS / 2);
    assertThat(unknown).isLessThanOrEqualTo(NETWORKS / 4);
  }

  /** Units of several channels have the file's numbers, in which channels come first. */
  @Test
  void imagesOfSeveralChannelsAreProved() throws IOException {
    Layer conv = new Conv2d(2, Windows.of(2));
    List<Layer> layers = List.of(conv, Activation.RELU, new Flatten(), new Dense(2));
    Sequential net = new Sequential(Shape.of(3, 3, 1), layers);
    try (Device device = new CpuDevice(1, "scalar", "test")) {
      for (int seed = 0; seed < 4; seed++) {
        prove(device, net, new Random(seed), "seed " + seed);
      }
    }
    assertThat(verified).isGreaterThan(4);
  }

  private void prove(Device device, Sequential net, Random r, String what) throws IOException {
    Map<String, HostTensor> params = SmallNetworks.weights(net, 1, r);
    OnnxModel onnx = AsOnnx.of(net, params, 0);
    Path model = folder.resolve("m.onnx");
    OnnxWriter.write(model, onnx);
    Checker checker = new Checker(model);
    List<Property> properties = new ArrayList<>();
    List<String> texts = new ArrayList<>();
    for (double apart : APART) {
      Question q = Question.random(r, Math.toIntExact(net.input().size()), net.outputs(), 1);
      Question moved = q.moved(apart - q.least(net, params, 0));
      properties.add(moved.property(net.outputs()));
      texts.add(moved.text(net.outputs()));
    }
    OnnxNetwork network = OnnxNetwork.whole(onnx);
    Verdict[] found = new Verdict[APART.length];
    try (Models models = Models.of(device, network, network.values());
        Decider decider = new Decider(models, true)) {
      decider.decide(properties, 15, () -> false, (i, v) -> found[i] = v);
    }
    for (int i = 0; i < found.length; i++) {
      Answer wrong = APART[i] > 0 ? Answer.VIOLATED : Answer.VERIFIED;
      assertThat(found[i].answer()).as("%s, least value %s", what, APART[i]).isNotEqualTo(wrong);
      if (found[i].answer() == Answer.UNKNOWN) {
        unknown++;
        continue;
      }
      byte[] text = texts.get(i).getBytes(StandardCharsets.UTF_8);
      ProofFile proof = new ProofFile(Sha256.of(model), Sha256.of(text));
      found[i].evidence().forEach(proof::add);
      found[i].counterexample().ifPresent(c -> proof.add(0, c.point().floats()));
      Path property = Files.write(folder.resolve("p.vnnlib"), text);
      Path file = Files.write(folder.resolve("p.proof"), proof.bytes());
      Checker.Result checked = checker.property(file, property).get(0);
      boolean holds = found[i].answer() == Answer.VERIFIED;
      assertThat(checked.verdict())
          .as("%s, least value %s: %s", what, APART[i], checked.why())
          .isEqualTo(holds ? "verified" : "violated");
      verified += holds ? 1 : 0;
      violated += holds ? 0 : 1;
    }
  }
}
