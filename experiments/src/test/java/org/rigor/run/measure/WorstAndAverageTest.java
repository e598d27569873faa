// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.rigor.data.Box;
import org.rigor.data.DataRoots;
import org.rigor.data.DataSet;
import org.rigor.data.Digits;
import org.rigor.data.GaussianMixture;
import org.rigor.data.Split;
import org.rigor.diff.Kind;
import org.rigor.exec.Device;
import org.rigor.nn.Activation;
import org.rigor.nn.Network;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.run.study.CalibrationSpecs;
import org.rigor.run.study.DataSpec;
import org.rigor.run.study.MeasurementSpec;
import org.rigor.run.study.NoiseSpecs;
import org.rigor.run.study.Quantities;
import org.rigor.run.study.Quantity;
import org.rigor.run.study.RobustnessSpecs;
import org.rigor.run.trial.Scalar;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.workspace.Models;

/** Measurements of noise, corruptions and calibration on linear networks, where truth is known. */
class WorstAndAverageTest {
  private static final int WIDTH = 100;
  private static final double MEAN = 0.1;

  /** Two classes at distance 2 in 100 dimensions, N(+-0.1, 1) in each coordinate. */
  private static final DataSet CLASSES =
      new GaussianMixture(4000, filled(WIDTH, MEAN), 1, 3).load(new DataRoots(List.of()));

  private static final DataSet DIGITS = new Digits().load(new DataRoots(List.of()));

  private static double[] filled(int n, double value) {
    double[] v = new double[n];
    Arrays.fill(v, value);
    return v;
  }

  private static Map<String, Scalar> measure(
      DataSet data, float[] weight, MeasurementSpec spec, Consumer<Context> m) {
    Network linear = Sequential.mlp(data.sampleShape(), List.of(), Activation.RELU, data.classes());
    Map<String, HostTensor> params = new java.util.LinkedHashMap<>();
    linear
        .parameters()
        .forEach(
            p ->
                params.put(
                    p.name(),
                    p.shape().size() == weight.length
                        ? HostTensor.of(p.shape().insert(0, 1), weight)
                        : HostTensor.of(
                            p.shape().insert(0, 1), new float[(int) p.shape().size()])));
    try (Device cpu = Device.open("cpu");
        Models networks = Models.of(cpu, linear, params)) {
      Gathered g = new Gathered();
      List<Gathered> all = new ArrayList<>(List.of(g));
      m.accept(TestContexts.of(networks, data, List.of(TrialKey.of(0, "e")), all));
      assertThat(g.scalars.keySet())
          .as("what it gives is declared")
          .isSubsetOf(spec.gives().stream().map(Quantity::name).toList());
      return g.scalars;
    }
  }

  /** Logits +-0.1 sum x: the logarithm of the odds of the true posterior, 2 (0.1 sum x). */
  private static float[] bayes(double scale) {
    float[] w = new float[2 * WIDTH];
    for (int i = 0; i < WIDTH; i++) {
      w[2 * i] = (float) (-scale * MEAN);
      w[2 * i + 1] = (float) (scale * MEAN);
    }
    return w;
  }

  @Test
  void distancesOfALinearRule() {
    var spec = new NoiseSpecs.BoundaryDistance(6, 1e4, 200);
    Map<String, Scalar> s =
        measure(CLASSES, bayes(1), spec, c -> new DistanceMeasurement(spec).run(c));
    int[] part = Arrays.copyOf(CLASSES.split().test(), 200);
    double[] x = CLASSES.inputs(part).toDouble().doubles();
    double[] distances =
        java.util.stream.IntStream.range(0, part.length)
            .mapToDouble(
                n -> {
                  double sum = 0;
                  for (int k = 0; k < WIDTH; k++) {
                    sum += x[n * WIDTH + k];
                  }
                  return (CLASSES.labels()[part[n]] == 1 ? sum : -sum) / Math.sqrt(WIDTH);
                })
            .filter(d -> d > 0)
            .sorted()
            .toArray();
    int n = distances.length;
    double median = n % 2 == 1 ? distances[n / 2] : 0.5 * (distances[n / 2 - 1] + distances[n / 2]);
    assertThat(s.get("adversarial-distance").value()).isCloseTo(median, within(1e-3 * median));
    double linear = s.get("linear-distance-ratio").value();
    assertThat(linear).isCloseTo(10 / 0.67449, within(1e-3));
    // the median of 6 n ratios has a relative error of 1.17 / sqrt(6 n)
    assertThat(s.get("distance-ratio").value())
        .isCloseTo(linear, within(4 * 1.17 / Math.sqrt(6 * n) * linear));
  }

  @Test
  void noiseOfALinearRule() {
    var spec = new NoiseSpecs.RandomNoise(Norm.L2, List.of(1e-9, 3.0, 1e5), 20, 0);
    Map<String, Scalar> s =
        measure(CLASSES, bayes(1), spec, c -> new RandomNoiseMeasurement(spec).run(c));
    // Phi(1) of the samples are right; noise of norm r adds variance r^2 / 100 to the rule's
    assertThat(s.get(Quantities.at("noise-accuracy", 1e-9)).value())
        .isCloseTo(0.8413, within(0.04));
    double noisy = org.rigor.data.NormalDistribution.cdf(1 / Math.sqrt(1.09));
    assertThat(s.get("noise-accuracy@3").value()).isCloseTo(noisy, within(0.04));
    assertThat(s.get(Quantities.at("noise-accuracy", 1e5)).value()).isCloseTo(0.5, within(0.03));
    assertThat(s.get(Quantities.at("worst-noise-accuracy", 1e-9)).value())
        .isCloseTo(s.get(Quantities.at("noise-accuracy", 1e-9)).value(), within(1e-12));
    assertThat(s.get(Quantities.at("worst-noise-accuracy", 1e5)).value()).isLessThan(0.01);
  }

  @Test
  void theTruePosteriorIsCalibratedAndATwiceAsSureOneHasTemperatureTwo() {
    var spec =
        new CalibrationSpecs.Calibration(
            15, 200, List.of(1.0), List.of(0.05), Norm.LINF, Optional.empty(), 5, 0);
    Map<String, Scalar> s =
        measure(CLASSES, bayes(1), spec, c -> new ReliabilityMeasurement(spec).run(c));
    assertThat(s.get("ece").value()).isLessThan(s.get("ece-null").value());
    assertThat(s.get("temperature").value()).isCloseTo(1, within(0.25));
    assertThat(s.get("no-temperature").value()).isZero();
    Map<String, Scalar> sure =
        measure(CLASSES, bayes(2), spec, c -> new ReliabilityMeasurement(spec).run(c));
    assertThat(sure.get("temperature").value())
        .isCloseTo(2 * s.get("temperature").value(), within(1e-5));
    assertThat(sure.get("nll-scaled").value()).isCloseTo(s.get("nll-scaled").value(), within(1e-6));
    assertThat(sure.get("ece").value()).isGreaterThan(sure.get("ece-null").value());
    // noise of deviation 1 doubles the variance, which the probabilities do not know
    assertThat(s.get("nll/noise-1").value()).isGreaterThan(s.get("nll").value());
    // an attack moves each sample's margin by 0.05 * 100 * 0.1 of the rule's logits
    assertThat(s.get("nll/attack-0.05").value()).isGreaterThan(s.get("nll/noise-1").value());
    assertThat(s.get("reliability/clean@0.95").value()).isBetween(0.85, 1.0);
  }

  /** Columns that sum to 0 and no bias: contrast scales the logits, a blank image has none. */
  private static float[] balanced() {
    Random r = new Random(1);
    float[] w = new float[64 * 10];
    int[] train = DIGITS.split().train();
    double[] x = DIGITS.inputs(train).toDouble().doubles();
    int[] y = DIGITS.labels(train);
    for (int n = 0; n < train.length; n++) { // class means
      for (int k = 0; k < 64; k++) {
        w[k * 10 + y[n]] += (float) (x[n * 64 + k] / train.length);
      }
    }
    for (int c = 0; c < 10; c++) {
      double mean = 0;
      for (int k = 0; k < 64; k++) {
        w[k * 10 + c] += (float) (1e-3 * r.nextGaussian());
        mean += w[k * 10 + c] / 64;
      }
      for (int k = 0; k < 64; k++) {
        w[k * 10 + c] -= (float) mean;
      }
    }
    return w;
  }

  @Test
  void contrastLeavesABalancedRuleAloneAndOthersAreMeansOfTheirParts() {
    var spec =
        new NoiseSpecs.CorruptionCurve(
            List.of("contrast", "gaussian-noise", "fog"), List.of(1, 5), 120);
    Map<String, Scalar> s =
        measure(DIGITS, balanced(), spec, c -> new CorruptionMeasurement(spec).run(c));
    assertThat(s.get("corrupted-accuracy/contrast@5").value())
        .isEqualTo(s.get("corrupted-accuracy/contrast@1").value())
        .isGreaterThan(0.5);
    assertThat(s.get("corrupted-accuracy/fog@5").value())
        .isLessThan(s.get("corrupted-accuracy/fog@1").value());
    double sum = 0;
    for (String name : List.of("contrast", "gaussian-noise", "fog")) {
      for (int severity : new int[] {1, 5}) {
        sum += s.get("corrupted-accuracy/" + name + "@" + severity).value() / 6;
      }
    }
    assertThat(s.get("corrupted-accuracy").value()).isCloseTo(sum, within(1e-12));
    assertThatThrownBy(() -> new NoiseSpecs.CorruptionCurve(List.of("frost"), List.of(1), 0))
        .hasMessageContaining("photographs");
    assertThatThrownBy(() -> ImagePrograms.require(Shape.of(20), Box.UNIT))
        .hasMessageContaining("images");
  }

  @Test
  void aBlankImageIsToldApartByConfidence() {
    var spec =
        new CalibrationSpecs.UnexpectedInputs(
            List.of(CalibrationSpecs.Unexpected.values()),
            List.of(new DataSpec.Whole("digits", new DataSpec.HeldOut(0.2, 0))),
            120);
    float[] w = balanced();
    for (int i = 0; i < w.length; i++) {
      w[i] *= 100;
    }
    DataSet black =
        DataSet.of(
            "black",
            HostTensor.of(Shape.of(4, 8, 8, 1), new float[256]),
            new int[] {0, 1, 0, 1},
            2,
            Box.UNIT,
            Split.at(1, 4),
            List.of(),
            "");
    Map<String, Scalar> s =
        measure(DIGITS, w, spec, c -> new UnexpectedMeasurement(spec).run(with(c, other -> black)));
    assertThat(s.get("max-prob-auroc/digits").value()).isEqualTo(1);
    assertThat(s.get("mean-confidence/digits").value()).isCloseTo(0.1, within(1e-4));
    assertThatThrownBy(() -> UnexpectedMeasurement.requireOthers(spec, CLASSES, other -> black))
        .hasMessageContaining("samples [100]");
    assertThat(s.get("mean-confidence/blank").value()).isCloseTo(0.1, within(1e-4));
    assertThat(s.get("max-prob-auroc/blank").value()).isEqualTo(1);
    assertThat(s.get("entropy-auroc/blank").value()).isEqualTo(1);
    // inverting changes the sign of a balanced rule's logits
    assertThat(s.get("mean-confidence/inverted").value())
        .isCloseTo(meanConfidence(w, -1, 120), within(1e-4));
    assertThat(s.get("max-prob-auroc/inverted").value()).isStrictlyBetween(0.0, 1.0);
    assertThat(s).hasSize(15);
  }

  /** Mean largest softmax of {@code sign} x W over the first test digits. */
  private static double meanConfidence(float[] w, double sign, int samples) {
    double[] x = DIGITS.inputs(Arrays.copyOf(DIGITS.split().test(), samples)).toDouble().doubles();
    double sum = 0;
    for (int n = 0; n < samples; n++) {
      double[] z = new double[10];
      for (int k = 0; k < 64; k++) {
        for (int c = 0; c < 10; c++) {
          z[c] += sign * x[n * 64 + k] * w[k * 10 + c];
        }
      }
      double most = Arrays.stream(z).max().orElseThrow();
      sum += 1 / Arrays.stream(z).map(v -> Math.exp(v - most)).sum();
    }
    return sum / samples;
  }

  /** One step is the whole attack on a linear rule: who survives it survives all. */
  @Test
  void aLadderOfALinearRuleIsFlat() {
    var spec =
        new RobustnessSpecs.AttackLadder(Norm.LINF, Optional.empty(), 0.05, List.of(2, 4), 2, 450);
    Map<String, Scalar> s =
        measure(CLASSES, bayes(1), spec, c -> new LadderMeasurement(spec).run(c));
    int[] part = Arrays.copyOf(CLASSES.split().test(), 450);
    double[] x = CLASSES.inputs(part).toDouble().doubles();
    int survivors = 0;
    for (int n = 0; n < part.length; n++) {
      double sum = Arrays.stream(x, n * WIDTH, (n + 1) * WIDTH).sum();
      survivors += (CLASSES.labels()[part[n]] == 1 ? sum : -sum) > 0.05 * WIDTH ? 1 : 0;
    }
    for (String rung : List.of("fgsm", "pgd-2", "pgd-4", "restarts")) {
      // a count over a count, rounded once
      assertThat(s.get("ladder-" + rung)).as(rung).matches(v -> v.kind() == Kind.CERTIFIED);
      assertThat(s.get("ladder-" + rung).value()).as(rung).isEqualTo(survivors / 450.0);
    }
    for (String name : List.of("ladder-rise", "ladder-fall")) {
      assertThat(s.get(name)).isEqualTo(new Scalar(0, Kind.ESTIMATE, s.get(name).method()));
    }
  }

  /**
   * Every attack of the suite finds all that falls on a linear rule, so none falls to one alone.
   */
  @Test
  void aSuiteOnALinearRuleAgreesWithItself() {
    var spec = new RobustnessSpecs.SuiteOfAttacks(Norm.LINF, "autoattack", 0.05, 60);
    Map<String, Scalar> s =
        measure(CLASSES, bayes(1), spec, c -> new SuiteMeasurement(spec).run(c));
    var ladder =
        new RobustnessSpecs.AttackLadder(Norm.LINF, Optional.empty(), 0.05, List.of(2), 1, 60);
    double left =
        measure(CLASSES, bayes(1), ladder, c -> new LadderMeasurement(ladder).run(c))
            .get("ladder-restarts")
            .value();
    assertThat(left).isBetween(0.05, 0.95);
    for (String name : List.of("suite-apgd-ce", "suite-apgd-t", "suite-fab-t")) {
      assertThat(s.get(name).value()).as(name).isEqualTo(left);
      assertThat(s.get(name).kind()).as(name).isEqualTo(Kind.CERTIFIED);
    }
    assertThat(s.get("suite-square").value()).isGreaterThanOrEqualTo(left);
    assertThat(s.get("suite-alone-apgd-ce").value()).isZero();
    assertThat(s.get("suite-alone-square").value()).isZero();
  }

  private static Context with(Context c, Function<DataSpec, DataSet> others) {
    return new Context(
        c.models(),
        c.data(),
        c.trials(),
        c.keys(),
        c.gathered(),
        c.kept(),
        c.sink(),
        others,
        share -> {});
  }
}
