// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Parameter;
import org.rigor.nn.Pass;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.threat.Norm;

/** Losses of the methods against their published formulas, computed from the outputs in Java. */
class ObjectivesTest {
  private static final int K = MethodSamples.CLASSES;
  private static final double BETA = 4;

  /** What a loss is computed from: of one sample, p(x), p(x'), label and the teacher's p. */
  private interface Formula {
    double of(double[] clean, double[] attacked, int y, double[] teacher);
  }

  private static TrainingSetup setup(Method method, Averaging keeps) {
    return new TrainingSetup(
        MethodSamples.NET,
        DType.F64,
        MethodSamples.N,
        MethodSamples.N,
        new Optimiser.Sgd(false),
        method,
        Optional.empty(),
        keeps,
        Optional.empty(),
        Pass.Statistics.RUNNING,
        Box.UNIT);
  }

  private static ModelSetup model(double smoothing, int epochs, Map<String, Double> numbers) {
    return new ModelSetup(
        org.rigor.nn.TrialKey.of(7, "train"),
        epochs,
        0.5,
        new Schedule.Constant(),
        0.2,
        0.4,
        smoothing,
        Map.of(),
        numbers);
  }

  /** Mean over the one batch of the first step, at the initial weights. */
  private static void check(
      Method method, Averaging keeps, double smoothing, Map<String, Double> numbers, Formula f) {
    TrainingSetup setup = setup(method, keeps);
    List<ModelSetup> models = List.of(model(smoothing, 1, numbers));
    try (Device device = new CpuDevice(1, "scalar", "test");
        Trainer t =
            new Trainer(device, setup, models, MethodSamples.inputs(), MethodSamples.labels())) {
      Map<String, HostTensor> w = t.parameters();
      t.epoch();
      HostTensor x = t.read("batch/x");
      HostTensor attacked = method.perturbation().isPresent() ? t.read("batch/adversarial") : x;
      int[] y = t.read("batch/labels").ints();
      double sum = 0;
      for (int i = 0; i < MethodSamples.N; i++) {
        double[] z = logits(w, x, i);
        sum += f.of(softmax(z, 1), softmax(logits(w, attacked, i), 1), y[i], z);
      }
      assertThat(t.loss()[0]).isCloseTo(sum / MethodSamples.N, within(1e-12));
    }
  }

  static double[] logits(Map<String, HostTensor> w, HostTensor x, int i) {
    List<String> names = MethodSamples.NET.parameters().stream().map(Parameter::name).toList();
    double[] h = IntStream.range(0, 4).mapToDouble(j -> x.get(4 * i + j)).toArray();
    h = dense(w.get(names.get(0)), w.get(names.get(1)), h, 6);
    h = java.util.Arrays.stream(h).map(Math::tanh).toArray();
    return dense(w.get(names.get(2)), w.get(names.get(3)), h, K);
  }

  private static double[] dense(HostTensor w, HostTensor b, double[] x, int out) {
    return IntStream.range(0, out)
        .mapToDouble(
            o ->
                b.get(o)
                    + IntStream.range(0, x.length)
                        .mapToDouble(j -> x[j] * w.get(j * out + o))
                        .sum())
        .toArray();
  }

  private static double[] softmax(double[] z, double temperature) {
    double[] e = java.util.Arrays.stream(z).map(v -> Math.exp(v / temperature)).toArray();
    double sum = java.util.Arrays.stream(e).sum();
    return java.util.Arrays.stream(e).map(v -> v / sum).toArray();
  }

  private static double crossEntropy(double[] target, double[] p) {
    return -IntStream.range(0, K).mapToDouble(k -> target[k] * Math.log(p[k])).sum();
  }

  private static double divergence(double[] p, double[] q) {
    return IntStream.range(0, K).mapToDouble(k -> p[k] * Math.log(p[k] / q[k])).sum();
  }

  private static double[] smooth(int y, double s) {
    return IntStream.range(0, K).mapToDouble(k -> s / K + (k == y ? 1 - s : 0)).toArray();
  }

  @Test
  void adversarialTrainingIsTheCrossEntropyOfSmoothedLabels() {
    for (Method m :
        List.of(new StandardTraining(), new PgdTraining(Norm.LINF, 3, true), new FgsmTraining())) {
      check(m, Averaging.NONE, 0.2, Map.of(), (p, q, y, z) -> crossEntropy(smooth(y, 0.2), q));
    }
  }

  @Test
  void tradesIsZhangsEquationFive() {
    check(
        new Trades(Norm.LINF, 3),
        Averaging.NONE,
        0.1,
        Map.of("beta", BETA),
        (p, q, y, z) -> crossEntropy(smooth(y, 0.1), p) + BETA * divergence(p, q));
  }

  @Test
  void martIsWangsEquationFourteenWithItsGuards() {
    check(
        new Mart(Norm.LINF, 3),
        Averaging.NONE,
        0,
        Map.of("beta", BETA),
        (p, q, y, z) -> {
          double rival =
              IntStream.range(0, K).filter(k -> k != y).mapToDouble(k -> q[k]).max().orElseThrow();
          double kl =
              IntStream.range(0, K)
                  .mapToDouble(k -> p[k] * (Math.log(p[k]) - Math.log(q[k] + 1e-12)))
                  .sum();
          return -Math.log(q[y])
              - Math.log(1.0001 - rival + 1e-12)
              + BETA * kl * (1.0000001 - p[y]);
        });
  }

  /** At step 0 the temperature is high and lambda low; the teacher is the network itself. */
  @Test
  void adrRectifiesTheLabels() {
    Map<String, Double> numbers = Map.of("temperature-high", 1.7, "lambda-low", 0.6, "beta", BETA);
    check(
        new Adr(Norm.LINF, 3, Adr.Base.PGD),
        Averaging.EMA,
        0,
        numbers,
        (p, q, y, z) -> crossEntropy(rectified(softmax(z, 1.7), y, 0.6), q));
    check(
        new Adr(Norm.LINF, 3, Adr.Base.TRADES),
        Averaging.EMA,
        0,
        numbers,
        (p, q, y, z) ->
            crossEntropy(rectified(softmax(z, 1.7), y, 0.6), p) + BETA * divergence(p, q));
  }

  /** Targets of every step, from the average as it was before it, at that step's temperature. */
  @Test
  void theTeacherIsTheAverageAndAnneals() {
    Method adr = new Adr(Norm.LINF, 2, Adr.Base.PGD);
    Map<String, Double> numbers = new HashMap<>(adr.numbers());
    numbers.put("ema-decay", 0.8);
    numbers.put("lambda-low", 0.4);
    try (Device device = new CpuDevice(1, "scalar", "test");
        Trainer t =
            new Trainer(
                device,
                setup(adr, Averaging.EMA),
                List.of(model(0, 4, numbers)),
                MethodSamples.inputs(),
                MethodSamples.labels())) {
      for (int step = 0; step < 4; step++) {
        double cosine = (1 + Math.cos(Math.PI * step / 4)) / 2;
        Map<String, HostTensor> teacher = t.averages();
        t.epoch();
        HostTensor target = t.read("batch/target");
        for (int i = 0; i < MethodSamples.N; i++) {
          double[] z = logits(teacher, t.read("batch/x"), i);
          int y = t.read("batch/labels").ints()[i];
          double[] wanted = rectified(softmax(z, 2 + 0.5 * cosine), y, 0.95 - 0.55 * cosine);
          for (int k = 0; k < K; k++) {
            assertThat(target.get(K * i + k)).isCloseTo(wanted[k], within(1e-12));
          }
        }
      }
    }
  }

  private static double[] rectified(double[] p, int y, double lambda) {
    double top = java.util.Arrays.stream(p).max().orElseThrow();
    double own = Math.max(0, Math.min(1, lambda - (top - p[y])));
    return IntStream.range(0, K)
        .mapToDouble(k -> own * p[k] + (1 - own) * (k == y ? 1 : 0))
        .toArray();
  }

  private static Map<String, HostTensor> train(
      Method method, Averaging keeps, Map<String, Double> numbers) {
    try (Device device = new CpuDevice(1, "scalar", "test");
        Trainer t =
            new Trainer(
                device,
                setup(method, keeps),
                List.of(model(0, 3, numbers)),
                MethodSamples.inputs(),
                MethodSamples.labels())) {
      IntStream.range(0, 3).forEach(e -> t.epoch());
      return t.parameters();
    }
  }

  private static void same(Map<String, HostTensor> a, Map<String, HostTensor> b) {
    a.forEach((name, v) -> assertThat(v.bitEquals(b.get(name))).as(name).isTrue());
  }

  @Test
  void limitsAreTheMethodsTheyComeFrom() {
    Map<String, HostTensor> pgd =
        train(new PgdTraining(Norm.LINF, 3, true), Averaging.NONE, Map.of());
    Map<String, Double> noTeacher = new HashMap<>(Map.of("lambda-low", 0.0, "lambda-high", 0.0));
    same(pgd, train(new Adr(Norm.LINF, 3, Adr.Base.PGD), Averaging.EMA, noTeacher));
    Map<String, HostTensor> standard = train(new StandardTraining(), Averaging.NONE, Map.of());
    same(standard, train(new Trades(Norm.LINF, 3), Averaging.NONE, Map.of("beta", 0.0)));
    same(standard, train(new NoiseTraining(), Averaging.NONE, Map.of("sigma", 0.0)));
    Map<String, HostTensor> fgsm = train(new FgsmTraining(), Averaging.NONE, Map.of());
    same(fgsm, train(new PgdTraining(Norm.LINF, 1, true), Averaging.NONE, Map.of()));
  }

  /**
   * Three replays a batch; where the perturbation goes is told by {@link PerturbationStepsTest}.
   */
  @Test
  void freeTrainingReplaysAcrossEpochs() {
    TrainingSetup setup = MethodSamples.named("free").setup(DType.F64, new Optimiser.Sgd(false));
    ModelSetup m =
        new ModelSetup(
            org.rigor.nn.TrialKey.of(3, "train"),
            5,
            0.1,
            new Schedule.Constant(),
            0.1,
            1,
            0,
            Map.of());
    try (Device device = new CpuDevice(1, "scalar", "test");
        Trainer t =
            new Trainer(
                device, setup, List.of(m), MethodSamples.inputs(), MethodSamples.labels())) {
      // Four updates an epoch, three to a batch.
      t.epoch();
      assertThat(t.read("count/batch").get(0)).isEqualTo(1);
      assertThat(t.read("count/replay").get(0)).isEqualTo(1);
      assertThat(t.read("count/step").get(0)).isEqualTo(4);
      t.epoch();
      t.epoch();
      assertThat(t.read("count/pass").get(0)).isEqualTo(1);
      assertThat(t.read("count/batch").get(0)).isEqualTo(0);
      for (double d : t.read("state/delta").doubles()) {
        assertThat(Math.abs(d)).isLessThanOrEqualTo(0.1);
      }
    }
  }

  @Test
  void refusesWhatAMethodHasNoUseFor() {
    assertThatThrownBy(() -> setup(new Adr(Norm.LINF, 1, Adr.Base.PGD), Averaging.SWA))
        .hasMessageContaining("the teacher of Adr is the EMA")
        .hasMessageContaining("SWA");
    assertThatThrownBy(() -> check(new Mart(Norm.LINF, 1), Averaging.NONE, 0.1, Map.of(), null))
        .hasMessageContaining("Mart takes no smoothed labels");
    assertThatThrownBy(
            () -> check(new StandardTraining(), Averaging.NONE, 0, Map.of("beta", 1.0), null))
        .hasMessageContaining("no number 'beta'");
    assertThatThrownBy(
            () -> check(new NoiseTraining(), Averaging.NONE, 0, Map.of("sigma", -1.0), null))
        .hasMessageContaining("'sigma' must be >= 0");
  }
}
