// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.opentest4j.TestAbortedException;
import org.rigor.exec.CompileOptions;
import org.rigor.exec.Device;
import org.rigor.exec.DeviceException;
import org.rigor.exec.Executable;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Program;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;

/** What every training method must do; a method without a sample fails. */
class MethodContractTest {
  static List<MethodSamples.Sample> samples() {
    return MethodSamples.all();
  }

  @Test
  void everyMethodHasASample() throws Exception {
    Path folder =
        Path.of(Method.class.getProtectionDomain().getCodeSource().getLocation().toURI())
            .resolve("org/rigor/train");
    Set<String> sampled =
        samples().stream().map(s -> s.method().getClass().getName()).collect(Collectors.toSet());
    assertThat(methods(folder)).isNotEmpty().isSubsetOf(sampled);
  }

  private static Set<String> methods(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(f -> f.getFileName().toString())
          .filter(f -> f.endsWith(".class"))
          .map(f -> named("org.rigor.train." + f.substring(0, f.length() - 6)))
          .filter(c -> Method.class.isAssignableFrom(c) && !c.isInterface())
          .map(Class::getName)
          .collect(Collectors.toSet());
    }
  }

  private static Class<?> named(String name) {
    try {
      return Class.forName(name, false, Method.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new AssertionError(e);
    }
  }

  /** One update with rate 1 leaves w - gradient; the loss is differenced in double. */
  @ParameterizedTest
  @MethodSource("samples")
  void theGradientIsThatOfTheLoss(MethodSamples.Sample s) {
    TrainingSetup setup = s.setup(DType.F64, new Optimiser.Sgd(false));
    List<ModelSetup> models = List.of(s.model(1, 4, 1, 0.1), s.model(2, 4, 1, 0.2));
    Map<String, HostTensor> at = new LinkedHashMap<>();
    Program update = UpdateProgram.trace(new Rows(setup, 2, 4 * setup.stepsPerEpoch()), 0);
    try (Device device = new CpuDevice(1, "scalar", "test")) {
      try (Trainer t =
          new Trainer(device, setup, models, MethodSamples.inputs(), MethodSamples.labels())) {
        t.epoch();
        update.inputs().keySet().forEach(name -> at.put(name, t.read(name)));
      }
      try (Executable e = device.compile(update)) {
        at.forEach((name, v) -> e.input(name).write(v));
        e.run();
        Map<String, HostTensor> after = new LinkedHashMap<>();
        at.keySet().stream()
            .filter(n -> n.startsWith("param/"))
            .forEach(n -> after.put(n, e.output(n).read()));
        for (String name : after.keySet()) {
          HostTensor w = at.get(name);
          int per = Math.toIntExact(w.shape().size() / 2);
          for (int i = 0; i < w.shape().size(); i++) {
            double h = 1e-5;
            double slope =
                (loss(e, at, name, i, h)[i / per] - loss(e, at, name, i, -h)[i / per]) / (2 * h);
            assertThat(w.get(i) - after.get(name).get(i))
                .as("%s, %s[%d]", s, name, i)
                .isCloseTo(slope, within(1e-8));
          }
        }
      }
    }
  }

  /** Loss of each model with one element of a parameter moved. */
  private static double[] loss(
      Executable e, Map<String, HostTensor> at, String name, int i, double by) {
    at.forEach((n, v) -> e.input(n).write(v));
    double[] moved = at.get(name).doubles().clone();
    moved[i] += by;
    e.input(name).write(HostTensor.of(at.get(name).shape(), moved));
    e.run();
    HostTensor loss = e.output("loss/epoch-sum").read();
    return new double[] {loss.get(0), loss.get(1)};
  }

  /** Models with other epochs and radii beside it, one of which diverges. */
  @ParameterizedTest
  @MethodSource("samples")
  void aRowEqualsTheModelTrainedAlone(MethodSamples.Sample s) {
    TrainingSetup setup = s.setup(DType.F32, new Optimiser.Adam(false));
    List<ModelSetup> models =
        List.of(
            s.model(1, 2, 0.05, 0.1),
            s.model(2, 3, 0.01, 0.2),
            s.model(4, 3, 1e38, 0.1),
            s.model(3, 1, 0.1, 0));
    Map<String, HostTensor> together = train(2, setup, models, 3);
    for (int m = 0; m < models.size(); m++) {
      Map<String, HostTensor> alone = train(1, setup, List.of(models.get(m)), 3);
      for (String name : alone.keySet()) {
        assertThat(MethodSamples.row(together.get(name), m).bitEquals(alone.get(name)))
            .as("%s: %s of model %d", s, name, m)
            .isTrue();
      }
    }
  }

  private static Map<String, HostTensor> train(
      int threads, TrainingSetup setup, List<ModelSetup> models, int epochs) {
    try (Device device = new CpuDevice(threads, "scalar", "test")) {
      return train(device, setup, models, epochs);
    }
  }

  private static Map<String, HostTensor> train(
      Device device, TrainingSetup setup, List<ModelSetup> models, int epochs) {
    try (Trainer t =
        new Trainer(device, setup, models, MethodSamples.inputs(), MethodSamples.labels())) {
      for (int e = 0; e < epochs; e++) {
        t.epoch();
      }
      return t.state();
    }
  }

  @ParameterizedTest
  @MethodSource("samples")
  void resumesBitForBit(MethodSamples.Sample s) {
    TrainingSetup setup = s.setup(DType.F32, new Optimiser.Sgd(true));
    List<ModelSetup> models = List.of(s.model(1, 3, 0.05, 0.1), s.model(2, 4, 0.05, 0.2));
    Map<String, HostTensor> straight = train(1, setup, models, 4);
    assertThat(straight.get("alive").ints()).as("a loss or weight is not finite").containsOnly(1);
    for (float w : straight.get("param/0.weight").floats()) {
      assertThat(w).isFinite();
    }
    Map<String, HostTensor> half = train(1, setup, models, 2);
    try (Device device = new CpuDevice(1, "scalar", "test");
        Trainer t =
            new Trainer(device, setup, models, MethodSamples.inputs(), MethodSamples.labels())) {
      t.restore(half);
      t.epoch();
      t.epoch();
      t.state().forEach((name, v) -> assertThat(v.bitEquals(straight.get(name))).as(name).isTrue());
    }
  }

  /** Some steps are few enough that signs of gradients agree. */
  @Test
  void cudaAgrees() {
    String kind = System.getProperty("rigor.test.cuda", "emulated");
    try (Device cuda = open(kind)) {
      cuda.prepare(
          samples().stream()
              .map(s -> new Rows(s.setup(DType.F32, new Optimiser.Sgd(false)), 2, 4))
              .flatMap(
                  r ->
                      TrainingPrograms.step(r, 0, cuda.sharedBytes(), cuda.modelsAtOnce()).stream())
              .map(TrainingPrograms.Stage::program)
              .toList(),
          CompileOptions.DEFAULT);
      for (MethodSamples.Sample s : samples()) {
        TrainingSetup setup = s.setup(DType.F32, new Optimiser.Sgd(false));
        List<ModelSetup> models = List.of(s.model(1, 1, 0.05, 0.1), s.model(2, 1, 0.05, 0.2));
        Map<String, HostTensor> expected = train(1, setup, models, 1);
        train(cuda, setup, models, 1)
            .forEach(
                (name, v) -> {
                  for (int i = 0; i < v.shape().size(); i++) {
                    assertThat(v.get(i))
                        .as("%s: %s[%d]", s, name, i)
                        .isCloseTo(expected.get(name).get(i), within(1e-4));
                  }
                });
      }
    }
  }

  private static Device open(String kind) {
    try {
      return Device.open(kind);
    } catch (DeviceException e) {
      assertThat("true".equals(System.getenv("CI"))).as(e.firstLine()).isFalse();
      throw new TestAbortedException("no device '" + kind + "' here: " + e.firstLine());
    }
  }

  /** Perturbed batches lie in the ball and the box; without a radius nothing moves. */
  @ParameterizedTest
  @MethodSource("samples")
  void perturbationsStayInBallAndBox(MethodSamples.Sample s) {
    TrainingSetup setup = s.setup(DType.F64, new Optimiser.Sgd(false));
    double[] radius = {0.15, 0};
    List<ModelSetup> models = List.of(s.model(1, 2, 0.1, radius[0]), s.model(2, 2, 0.1, 0));
    boolean ball =
        s.method().perturbation().isPresent() && s.method().perturbation().get().steps() > 0;
    if (!ball && s.method().replay().isEmpty()) {
      return;
    }
    try (Device device = new CpuDevice(1, "scalar", "test");
        Trainer t =
            new Trainer(device, setup, models, MethodSamples.inputs(), MethodSamples.labels())) {
      t.epoch();
      HostTensor x = t.read("batch/x");
      HostTensor moved = t.read(ball ? "batch/adversarial" : "state/delta");
      double largest = 0;
      for (int i = 0; i < x.shape().size(); i++) {
        int m = Math.toIntExact(i / (x.shape().size() / 2));
        double d = ball ? moved.get(i) - x.get(i) : moved.get(i);
        assertThat(Math.abs(d)).isLessThanOrEqualTo(radius[m] + 1e-12);
        largest = Math.max(largest, Math.abs(d));
        if (ball) {
          assertThat(moved.get(i)).isBetween(0.0, 1.0);
        }
      }
      assertThat(largest).isGreaterThan(0.05);
    }
  }
}
