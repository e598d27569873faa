// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.rigor.attack.Attack;
import org.rigor.attack.Pgd;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Program;
import org.rigor.nn.Pass;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;

/** Where training moves its samples: starts, and steps up what they are said to raise. */
class PerturbationStepsTest {
  private static final int K = MethodSamples.CLASSES;
  private static final int FEATURES = 4;

  static List<MethodSamples.Sample> attacks() {
    return MethodSamples.all().stream()
        .filter(
            s ->
                s.method()
                    .perturbation()
                    .flatMap(Perturbation::attack)
                    .filter(a -> a instanceof Pgd)
                    .isPresent())
        .toList();
  }

  private static Trainer trainer(Device device, TrainingSetup setup, List<ModelSetup> models) {
    return new Trainer(device, setup, models, MethodSamples.inputs(), MethodSamples.labels());
  }

  /** All samples are one batch, so that an epoch is an update. */
  private static TrainingSetup whole(Method method) {
    return new TrainingSetup(
        MethodSamples.NET,
        DType.F64,
        MethodSamples.N,
        MethodSamples.N,
        new Optimiser.Sgd(false),
        method,
        Optional.empty(),
        Averaging.NONE,
        Optional.empty(),
        Pass.Statistics.RUNNING,
        Box.UNIT);
  }

  private static HostTensor run(Device device, Program p, Map<String, HostTensor> in) {
    try (Executable e = device.compile(p)) {
      p.inputs().keySet().forEach(name -> e.input(name).write(in.get(name)));
      e.run();
      return e.output("batch/adversarial").read();
    }
  }

  /** From the last iterate, which lies at the ball's border, and from the clean batch. */
  @ParameterizedTest
  @MethodSource("attacks")
  void aStepClimbsItsGoal(MethodSamples.Sample s) {
    TrainingSetup setup = s.setup(DType.F64, new Optimiser.Sgd(false));
    double[] radius = {0.1, 0.2};
    List<ModelSetup> models = List.of(s.model(1, 4, 1, radius[0]), s.model(2, 4, 1, radius[1]));
    Perturbation how = s.method().perturbation().orElseThrow();
    int steps = 4 * setup.stepsPerEpoch();
    Program step = new PerturbationPrograms(new Rows(setup, 2, steps), how).step();
    Map<String, HostTensor> at = new LinkedHashMap<>();
    try (Device device = new CpuDevice(1, "scalar", "test");
        Trainer t = trainer(device, setup, models)) {
      t.epoch();
      step.inputs().keySet().forEach(name -> at.put(name, t.read(name)));
      if (how.share().isPresent()) { // radii rise with the training
        double[] share = at.get("table/" + how.share().get()).doubles();
        assertThat(share[setup.stepsPerEpoch()]).isStrictlyBetween(0.0, 1.0);
        for (int m = 0; m < 2; m++) {
          radius[m] *= share[m * steps + at.get("count/step").ints()[m]];
        }
      }
      HostTensor labels = t.read("batch/labels");
      HostTensor x = t.read("batch/x");
      for (HostTensor from : List.of(at.get("batch/adversarial"), x)) {
        at.put("batch/adversarial", from);
        HostTensor moved = run(device, step, at);
        for (int n = 0; n < 2 * MethodSamples.BATCH; n++) {
          int m = n / MethodSamples.BATCH;
          double[] target = target(how.goal(), at, labels, n);
          double[] here = sample(from, n);
          double[] g = gradient(weights(t, m), here, target);
          double[] clean = sample(x, n);
          double[] d = minus(here, clean);
          double[] next = project(how.norm(), climb(how.norm(), d, g, s, radius[m]), radius[m]);
          for (int j = 0; j < FEATURES; j++) {
            double wanted = Math.max(0, Math.min(1, clean[j] + next[j]));
            assertThat(sample(moved, n)[j]).as("%s, %d", s, n).isCloseTo(wanted, within(1e-8));
          }
        }
      }
    }
  }

  /** Distribution whose cross-entropy is raised, up to a constant. */
  private static double[] target(
      Perturbation.Goal goal, Map<String, HostTensor> at, HostTensor labels, int n) {
    return switch (goal) {
      case CROSS_ENTROPY -> smooth(labels.ints()[n], 0);
      case TARGET -> row(at.get("batch/target"), n, K);
      case DIVERGENCE -> softmax(row(at.get("batch/clean-logits"), n, K));
    };
  }

  /** Shafahi et al. 2019, algorithm 1: by the loss's gradient, kept through replays and batches. */
  @ParameterizedTest
  @EnumSource(Norm.class)
  void freeTrainingClimbsAndKeepsItsPerturbation(Norm norm) {
    double radius = 0.1;
    MethodSamples.Sample s =
        new MethodSamples.Sample("free", new FreeTraining(norm, 2), 0.6, Map.of(), Averaging.NONE);
    int clipped = 0;
    try (Device device = new CpuDevice(1, "scalar", "test");
        Trainer t = trainer(device, whole(s.method()), List.of(s.model(1, 6, 1, radius)))) {
      int[] ids = {};
      for (int update = 0; update < 6; update++) {
        Map<String, HostTensor> w = weights(t, 0);
        HostTensor delta = t.read("state/delta");
        t.epoch();
        HostTensor x = t.read("batch/x");
        for (int n = 0; n < MethodSamples.N; n++) {
          double[] d = sample(delta, n);
          double[] at = new double[FEATURES];
          boolean[] inside = new boolean[FEATURES];
          for (int j = 0; j < FEATURES; j++) {
            double moved = sample(x, n)[j] + d[j];
            at[j] = Math.max(0, Math.min(1, moved));
            inside[j] = at[j] == moved;
            clipped += inside[j] ? 0 : 1;
          }
          double[] g = gradient(w, at, smooth(t.read("batch/labels").ints()[n], 0.1));
          IntStream.range(0, FEATURES).filter(j -> !inside[j]).forEach(j -> g[j] = 0);
          double[] next = project(norm, climb(norm, d, g, s, radius), radius);
          assertThat(sample(t.read("state/delta"), n)).containsExactly(next, within(1e-8));
        }
        int[] now = t.read("batch/ids").ints();
        assertThat(Arrays.equals(now, ids)).as("update %d", update).isEqualTo(update % 2 == 1);
        ids = now;
      }
    }
    assertThat(clipped).isPositive();
  }

  /** Means over 60 models, in deviations of a mean. */
  @Test
  void startsAreDrawnAsTheySay() {
    double sigma = 0.2;
    MethodSamples.Sample s = MethodSamples.named("noise");
    TrainingSetup setup = whole(s.method());
    List<ModelSetup> models =
        IntStream.range(0, 60).mapToObj(i -> s.model(i, 1, 0.1, 0.3)).toList();
    try (Device device = new CpuDevice(1, "scalar", "test");
        Trainer t = trainer(device, setup, models)) {
      t.epoch();
      Map<Perturbation.Start, double[]> moved = new LinkedHashMap<>();
      for (Perturbation.Start start : Perturbation.Start.values()) {
        Attack clean = Perturbation.pgd(1, false);
        Perturbation how =
            new Perturbation(Norm.LINF, clean, start, Perturbation.Goal.CROSS_ENTROPY);
        Program p = new PerturbationPrograms(new Rows(setup, 60, 1), how).start(Optional.empty());
        Map<String, HostTensor> at = new LinkedHashMap<>();
        p.inputs().keySet().forEach(name -> at.put(name, t.read(name)));
        double[] to = run(device, p, at).doubles();
        moved.put(start, minus(to, t.read("batch/x").doubles()));
      }
      double[] normal = moved.get(Perturbation.Start.NORMAL);
      double[] unit = moved.get(Perturbation.Start.UNIT);
      int n = normal.length;
      assertThat(moved.get(Perturbation.Start.ATTACK)).containsOnly(0);
      assertThat(mean(normal, v -> v / 0.001)).isCloseTo(0, within(4 / Math.sqrt(n)));
      assertThat(mean(normal, v -> v * v / 1e-6)).isCloseTo(1, within(4 * Math.sqrt(2.0 / n)));
      assertThat(mean(unit, v -> v / 0.001)).isCloseTo(0.5, within(4 / Math.sqrt(12.0 * n)));
      assertThat(mean(unit, v -> v * v / 1e-6))
          .isCloseTo(1.0 / 3, within(4 * Math.sqrt(4.0 / 45 / n)));
      for (int i = 0; i < n; i++) {
        double wanted = normal[i] / 0.001 * sigma;
        assertThat(moved.get(Perturbation.Start.GAUSSIAN)[i]).isCloseTo(wanted, within(1e-10));
      }
    }
  }

  private static double mean(double[] values, java.util.function.DoubleUnaryOperator f) {
    return Arrays.stream(values).map(f).average().orElseThrow();
  }

  private static double[] climb(
      Norm norm, double[] d, double[] g, MethodSamples.Sample s, double radius) {
    double size = radius * s.relativeStep();
    double length = length(g);
    return IntStream.range(0, FEATURES)
        .mapToDouble(j -> d[j] + size * (norm == Norm.LINF ? Math.signum(g[j]) : g[j] / length))
        .toArray();
  }

  private static double[] project(Norm norm, double[] d, double radius) {
    double length = length(d);
    return Arrays.stream(d)
        .map(
            v ->
                norm == Norm.LINF
                    ? Math.max(-radius, Math.min(radius, v))
                    : v * Math.min(1, radius / length))
        .toArray();
  }

  private static double length(double[] d) {
    return Math.sqrt(Arrays.stream(d).map(v -> v * v).sum());
  }

  private static double[] minus(double[] a, double[] b) {
    return IntStream.range(0, a.length).mapToDouble(i -> a[i] - b[i]).toArray();
  }

  private static double[] smooth(int y, double s) {
    return IntStream.range(0, K).mapToDouble(k -> s / K + (k == y ? 1 - s : 0)).toArray();
  }

  private static double[] softmax(double[] z) {
    double sum = Arrays.stream(z).map(Math::exp).sum();
    return Arrays.stream(z).map(v -> Math.exp(v) / sum).toArray();
  }

  private static Map<String, HostTensor> weights(Trainer t, int m) {
    Map<String, HostTensor> w = new LinkedHashMap<>();
    t.parameters().forEach((name, v) -> w.put(name, MethodSamples.row(v, m)));
    return w;
  }

  /** Of the cross-entropy of a target, by differences. */
  private static double[] gradient(Map<String, HostTensor> w, double[] x, double[] target) {
    ToDoubleFunction<double[]> loss =
        at -> {
          double[] z = ObjectivesTest.logits(w, HostTensor.of(Shape.of(1, FEATURES), at), 0);
          double[] p = softmax(z);
          return -IntStream.range(0, K).mapToDouble(k -> target[k] * Math.log(p[k])).sum();
        };
    double h = 1e-5;
    double[] g = new double[FEATURES];
    for (int j = 0; j < FEATURES; j++) {
      double[] up = x.clone();
      double[] down = x.clone();
      up[j] += h;
      down[j] -= h;
      g[j] = (loss.applyAsDouble(up) - loss.applyAsDouble(down)) / (2 * h);
    }
    return g;
  }

  private static double[] sample(HostTensor x, int n) {
    return row(x, n, FEATURES);
  }

  private static double[] row(HostTensor t, int n, int width) {
    return Arrays.copyOfRange(t.doubles(), n * width, (n + 1) * width);
  }
}
