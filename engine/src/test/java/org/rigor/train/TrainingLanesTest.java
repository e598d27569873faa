// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.rigor.data.Box;
import org.rigor.exec.RecordingDevice;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Program;
import org.rigor.nn.Activation;
import org.rigor.nn.BatchNorm;
import org.rigor.nn.Dense;
import org.rigor.nn.Pass;
import org.rigor.nn.Sequential;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/** Threads share the batch of one model under attack, and its bits do not depend on how many. */
class TrainingLanesTest {
  private static final int N = 48;
  private static final int BATCH = 24;
  private static final Sequential NORMED =
      new Sequential(
          Shape.of(4), List.of(new Dense(6), new BatchNorm(), Activation.TANH, new Dense(3)));

  static List<MethodSamples.Sample> methods() {
    return MethodSamples.all();
  }

  private static Map<String, HostTensor> train(
      RecordingDevice device, MethodSamples.Sample s, Sequential net, Pass.Statistics attacks) {
    TrainingSetup setup =
        new TrainingSetup(
            net,
            DType.F32,
            N,
            BATCH,
            new Optimiser.Sgd(false),
            s.method(),
            Optional.empty(),
            s.keeps(),
            Optional.empty(),
            attacks,
            Box.UNIT);
    HostTensor x =
        HostTensor.of(Shape.of(N, 4), new SplittableRandom(5).doubles(4 * N, 0, 1).toArray())
            .toFloat();
    HostTensor y = HostTensor.of(Shape.of(N), IntStream.range(0, N).map(i -> i * i % 3).toArray());
    try (Trainer t = new Trainer(device, setup, List.of(s.model(1, 2, 0.1, 0.2)), x, y)) {
      t.epoch();
      t.epoch();
      return t.state();
    }
  }

  private static RecordingDevice device(int threads) {
    return new RecordingDevice(new CpuDevice(threads, "scalar", "test"));
  }

  private static Optional<Program> step(RecordingDevice device) {
    return device.compiled().stream()
        .map(RecordingDevice.Compiled::program)
        .filter(p -> p.name().equals("attack-step"))
        .findFirst();
  }

  private static void threadsChangeNoBit(
      MethodSamples.Sample s, Sequential net, Pass.Statistics attacks, boolean cut) {
    try (RecordingDevice one = device(1);
        RecordingDevice three = device(3)) {
      Map<String, HostTensor> expected = train(one, s, net, attacks);
      train(three, s, net, attacks)
          .forEach((name, v) -> assertThat(v.bitEquals(expected.get(name))).as(name).isTrue());
      assertThat(step(three).map(p -> p.inputs().containsKey("lane/batch/x")).orElse(false))
          .isEqualTo(cut);
      if (cut) {
        assertThat(step(three).orElseThrow().inputs().get("lane/batch/x").shape())
            .isEqualTo(Shape.of(3, 8, 4));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("methods")
  void threadsChangeNoBit(MethodSamples.Sample s) {
    // Steps that draw count themselves, for all samples at once.
    boolean cut =
        s.method().perturbation().filter(p -> p.attack().isPresent()).isPresent()
            && !s.label().contains("draw");
    threadsChangeNoBit(s, MethodSamples.NET, Pass.Statistics.RUNNING, cut);
  }

  /** With the statistics of the batch a sample's gradient depends on all others. */
  @ParameterizedTest
  @EnumSource(
      value = Pass.Statistics.class,
      names = {"BATCH", "RUNNING"})
  void samplesThatABatchNormJoinsStayTogether(Pass.Statistics attacks) {
    MethodSamples.Sample pgd = MethodSamples.named("pgd");
    threadsChangeNoBit(pgd, NORMED, attacks, attacks == Pass.Statistics.RUNNING);
  }

  @Test
  void aBatchThatThreadsCannotShareEquallyStaysTogether() {
    try (RecordingDevice five = device(5)) {
      train(five, MethodSamples.named("pgd"), MethodSamples.NET, Pass.Statistics.RUNNING);
      assertThat(step(five).orElseThrow().inputs()).containsKey("batch/x");
    }
  }
}
