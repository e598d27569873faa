// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.deeplinear;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.rigor.linalg.Matrix;
import org.rigor.nn.TrialKey;
import org.rigor.run.theory.Chart;
import org.rigor.run.theory.Lab;
import org.rigor.run.theory.Law;
import org.rigor.run.theory.Tolerance;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Length;
import org.rigor.run.yaml.Range;
import org.rigor.run.yaml.TypeName;

/** Deep linear networks against direct solutions, along one property of the problem. */
@Doc(
    "Test error of deep linear networks and of direct solutions along one property of the problem.")
@TypeName("deep-linear-sweep")
public record MethodSweep(
    @Doc("What varies: measurements, samples, training noise, or measurements erased in tests.")
        Axis axis,
    @Doc("Its values, ascending; whole numbers but for the noise.")
        @Range(min = 0, max = 100000)
        @Length(min = 2, max = 100)
        List<Double> values,
    @Doc("Extents of the problem where they do not vary.") @Default("{}") InverseProblem.Size size,
    @Doc("Hidden width.") @Range(min = 2, max = 8192) @Default("60") int width,
    @Doc("Numbers of layers.") @Range(min = 2, max = 20) @Length(min = 1) @Default("[3]")
        List<Integer> layers,
    @Doc("Weight decay over smin(X)^2 / m.") @Range(min = 1e-6, max = 1) @Default("0.05")
        double gamma,
    @Doc("Steps, in units of 2 L log(width) / gamma.") @Range(min = 0.01, max = 100) @Default("1.2")
        double horizon,
    @Doc("Deviation of the training noise where it does not vary, for codes of variance 1.")
        @Range(min = 0, max = 100)
        @Default("0.1")
        double trainingNoise,
    @Doc("Deviation of the test noise, for codes of variance 1.")
        @Range(min = 1e-6, max = 100)
        @Default("0.3")
        double testNoise,
    @Doc("Problems, each with its own maps, data and initial weights.")
        @Range(min = 5, max = 1000)
        @Default("6")
        int seeds,
    @Doc("Test signals a problem.") @Range(min = 100, max = 1000000) @Default("4000") int tests)
    implements Law {
  private static final String RIDGE = "ridge";
  private static final String BEST = "best linear map";

  /** The quantity that a sweep varies. */
  public enum Axis {
    MEASUREMENTS("measurements m"),
    SAMPLES("training samples n"),
    NOISE("deviation of the training noise"),
    ERASED("measurements erased in tests");

    private final String label;

    Axis(String label) {
      this.label = label;
    }
  }

  @Override
  public String id() {
    return "deep-linear/sweep-" + axis.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public String source() {
    return "ours, for the set-up of Laus et al. 2025; E|E(Ax+e)-x|^2 ="
        + " |EAR-R|_F^2 + sigma^2 |E|_F^2";
  }

  @Override
  public String says() {
    return "Deep linear networks with weight decay stand between those without and the best linear"
        + " map, which knows the subspace and the noise and is beaten by none.";
  }

  @Override
  public void measure(Lab lab) {
    Map<String, double[][]> expected = new LinkedHashMap<>();
    Map<String, Mean[][]> sampled = new LinkedHashMap<>();
    for (int k = 0; k < values.size(); k++) {
      lab.phase("%s %s".formatted(axis.label, values.get(k)));
      lab.checkpoint();
      List<Case> cases = new ArrayList<>();
      for (int i = 0; i < seeds; i++) {
        cases.add(problem(lab.seed() + i, values.get(k)));
      }
      Map<String, List<Matrix>> maps = new LinkedHashMap<>();
      for (int l : layers) {
        networks(lab, cases, l, maps);
      }
      direct(cases, maps);
      for (int i = 0; i < seeds; i++) {
        test(lab, cases.get(i), maps, k, i, expected, sampled);
      }
    }
    rows(lab, expected, sampled);
    claims(lab, expected);
    charts(lab, expected, sampled);
  }

  /**
   * One problem of a sweep.
   *
   * @param y measurements with noise
   * @param seen 0 for a measurement that is erased in tests, else 1
   */
  private record Case(InverseProblem p, Matrix y, double[] seen, long seed) {}

  private Case problem(long seed, double value) {
    int m = axis == Axis.MEASUREMENTS ? (int) value : size.measurements();
    int n = axis == Axis.SAMPLES ? (int) value : size.samples();
    double deviation = axis == Axis.NOISE ? value : trainingNoise;
    InverseProblem.Size extents = new InverseProblem.Size(size.signal(), m, size.subspace(), n);
    InverseProblem p = InverseProblem.of(seed, extents, 1, false);
    TrialKey key = TrialKey.of(seed, "deep-linear sweep");
    // codes have singular values 1, so those of n samples have variance 1 / n
    Matrix noise = InverseProblem.normal(key, "noise", m, n, deviation / Math.sqrt(n));
    double[] seen = new double[m];
    Arrays.fill(seen, 1);
    if (axis == Axis.ERASED) {
      Arrays.fill(seen, 0, (int) value, 0); // rows of A are exchangeable
    }
    return new Case(p, p.y().plus(1, noise), seen, seed);
  }

  private void networks(Lab lab, List<Case> cases, int l, Map<String, List<Matrix>> maps) {
    List<Descent.Arm> arms = new ArrayList<>();
    Scale scale = null;
    for (boolean decays : new boolean[] {true, false}) {
      for (Case c : cases) {
        scale = Scale.of(c.p(), Convention.NTK, width, l, c.y().spectralNorm());
        double decay = decays ? scale.decay(gamma) : 0;
        arms.add(new Descent.Arm(c.p().x(), c.y(), c.seed(), scale.rate(), decay));
      }
    }
    try (Descent gd = new Descent(lab.device(), Convention.NTK, scale.net(), arms)) {
      gd.run(lab, (long) Math.ceil(horizon * 2 * l * Math.log(width) / gamma));
      List<Matrix> all = gd.maps();
      maps.put("L=%d, decay".formatted(l), all.subList(0, seeds));
      maps.put("L=%d, no decay".formatted(l), all.subList(seeds, 2 * seeds));
    }
  }

  private void direct(List<Case> cases, Map<String, List<Matrix>> maps) {
    for (Case c : cases) {
      Inverses solve = new Inverses(c.p(), c.p().x(), c.y());
      put(maps, "minimum norm", solve.minimumNorm());
      put(maps, RIDGE, solve.ridge());
      put(maps, "truncated SVD of A", solve.truncated());
      put(maps, "PCA regression", solve.principalComponents());
      put(maps, "subspace known", c.p().oracle());
      put(maps, BEST, Inverses.best(c.p(), testNoise, c.seen()));
    }
  }

  private static void put(Map<String, List<Matrix>> maps, String name, Matrix map) {
    maps.computeIfAbsent(name, n -> new ArrayList<>()).add(map);
  }

  private void test(
      Lab lab,
      Case c,
      Map<String, List<Matrix>> maps,
      int k,
      int i,
      Map<String, double[][]> expected,
      Map<String, Mean[][]> sampled) {
    List<Matrix> seen = new ArrayList<>();
    maps.values().forEach(all -> seen.add(all.get(i).scaleColumns(c.seen())));
    Mean[] means =
        NoiseTest.sampled(lab.device(), c.p(), seen, testNoise, tests, c.seed() + 7919L * k);
    int method = 0;
    for (String name : maps.keySet()) {
      expected.computeIfAbsent(name, n -> new double[values.size()][seeds])[k][i] =
          NoiseTest.expected(c.p(), seen.get(method), testNoise);
      sampled.computeIfAbsent(name, n -> new Mean[values.size()][seeds])[k][i] = means[method++];
    }
  }

  private void rows(Lab lab, Map<String, double[][]> expected, Map<String, Mean[][]> sampled) {
    int beaten = 0;
    for (String name : expected.keySet()) {
      for (int k = 0; k < values.size(); k++) {
        double squares = 0;
        double ratio = 0;
        for (int i = 0; i < seeds; i++) {
          double predicted = expected.get(name)[k][i];
          double best = expected.get(BEST)[k][i];
          ratio += sampled.get(name)[k][i].mean() / predicted / seeds;
          squares += Math.pow(sampled.get(name)[k][i].error() / predicted / seeds, 2);
          beaten += predicted < best * (1 - 1e-9) ? 1 : 0;
        }
        lab.compare(
            "%s, %s=%s: test error over the predicted"
                .formatted(name, axis.name().toLowerCase(Locale.ROOT), text(k)),
            "|E A R - R|_F^2 + sigma^2 |E|_F^2, mean over problems",
            1,
            ratio,
            Tolerance.errors(4, Math.sqrt(squares)));
      }
    }
    lab.compare(
        "maps with less error than the best linear one",
        "it minimises the expected error",
        0,
        beaten,
        Tolerance.absolute(0));
    for (String name : expected.keySet()) {
      double[] above = minus(logs(expected.get(name)), logs(expected.get(BEST)));
      lab.report(
          name + ": test error over the best linear map's, geometric mean",
          Math.exp(Mean.of(above).mean()));
    }
  }

  private String text(int k) {
    double v = values.get(k);
    return v == Math.rint(v) ? Integer.toString((int) v) : Double.toString(v);
  }

  private void claims(Lab lab, Map<String, double[][]> expected) {
    for (int l : layers) {
      double[] decay = logs(expected.get("L=%d, decay".formatted(l)));
      lab.claim(
          "decay-" + l,
          "Weight decay lowers the test error of %d layers by a tenth or more (logarithms, mean over"
                  .formatted(l)
              + " the sweep).",
          minus(decay, logs(expected.get("L=%d, no decay".formatted(l)))),
          Lab.Relation.AT_MOST,
          Math.log(0.9));
    }
  }

  /** Returns the mean logarithm over the sweep, one per problem. */
  private double[] logs(double[][] errors) {
    double[] out = new double[seeds];
    for (double[] at : errors) {
      for (int i = 0; i < seeds; i++) {
        out[i] += Math.log(at[i]) / errors.length;
      }
    }
    return out;
  }

  private static double[] minus(double[] a, double[] b) {
    double[] out = a.clone();
    for (int i = 0; i < a.length; i++) {
      out[i] -= b[i];
    }
    return out;
  }

  /** Draws two figures: the networks beside ridge and the best map, and the direct solutions. */
  private void charts(Lab lab, Map<String, double[][]> expected, Map<String, Mean[][]> sampled) {
    List<String> networks = new ArrayList<>();
    List<String> direct = new ArrayList<>();
    for (String name : expected.keySet()) {
      boolean network = name.startsWith("L=");
      if (network || name.equals(RIDGE) || name.equals(BEST)) {
        networks.add(name);
      }
      if (!network) {
        direct.add(name);
      }
    }
    lab.chart(chart("networks", "Deep linear networks", networks, expected, sampled));
    lab.chart(chart("direct", "Direct solutions", direct, expected, sampled));
  }

  private Chart chart(
      String name,
      String title,
      List<String> methods,
      Map<String, double[][]> expected,
      Map<String, Mean[][]> sampled) {
    double[] x = values.stream().mapToDouble(Double::doubleValue).toArray();
    List<Chart.Series> series = new ArrayList<>();
    for (String method : methods) {
      double[] line = new double[x.length];
      double[] points = new double[x.length];
      double[] bars = new double[x.length];
      for (int k = 0; k < x.length; k++) {
        line[k] = Mean.of(expected.get(method)[k]).mean();
        Mean over =
            Mean.of(Arrays.stream(sampled.get(method)[k]).mapToDouble(Mean::mean).toArray());
        points[k] = over.mean();
        bars[k] = 2 * over.error();
      }
      series.add(Chart.Series.measured(method, x, points, bars));
      series.add(Chart.Series.theory(method + ", predicted", x, line));
    }
    return new Chart(
        name,
        title + ": test error by " + axis.label,
        axis.label,
        "mean square error on test signals (2 s.e. over problems)",
        axis == Axis.SAMPLES,
        true,
        series);
  }
}
