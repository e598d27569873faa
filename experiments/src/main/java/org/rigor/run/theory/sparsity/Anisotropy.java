// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.sparsity;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.data.DataRoots;
import org.rigor.data.DataSet;
import org.rigor.data.DataSets;
import org.rigor.diff.Diff;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Activation;
import org.rigor.nn.HiddenUnits;
import org.rigor.nn.LayerNorm;
import org.rigor.nn.Loss;
import org.rigor.nn.MlpBlock;
import org.rigor.nn.Network;
import org.rigor.nn.Pass;
import org.rigor.nn.models.BlockStyle;
import org.rigor.nn.models.LnMlp;
import org.rigor.op.F;
import org.rigor.run.theory.Calculation;
import org.rigor.run.theory.Chart;
import org.rigor.run.theory.Lab;
import org.rigor.run.theory.Law;
import org.rigor.run.theory.Tolerance;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Range;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * How far second moments S of what makes up a weight's updates are from isotropic, as Peng et al.
 * 2023 measure it: with a = tr S / tr S^2, the effective rank alpha = a tr S and the anisotropy
 * sqrt(p) ||a S - I||_F. For N normal vectors alpha / p = N / (N + p + 1), up to terms that fall
 * with N p.
 */
@Doc("Effective rank and anisotropy of second moments: their identity, and isotropic vectors.")
public record Anisotropy(
    @Doc("Samples of the digits, and normal vectors.") @Default("1024") @Range(min = 64, max = 1797)
        int samples)
    implements Law {
  private static final int[] WIDTHS = {16, 32, 64, 128};

  @Override
  public String id() {
    return "activation-sparsity/A7";
  }

  @Override
  public String source() {
    return "Peng et al. 2023, generalised Marchenko-Pastur law, measurement of their repository"
        + " (statement T6)";
  }

  @Override
  public String says() {
    return "(anisotropy / p)^2 + alpha / p = 1, which algebra gives for every matrix, and alpha / p ="
        + " N / (N + p + 1) for N normal vectors.";
  }

  /** Effective rank and anisotropy, both over p. */
  private record Shares(double rank, double anisotropy) {
    static Shares of(double[] s, int p) {
      double trace = 0;
      double square = 0;
      for (int i = 0; i < p; i++) {
        trace += s[i * p + i];
        for (int j = 0; j < p; j++) {
          square += s[i * p + j] * s[i * p + j];
        }
      }
      double a = trace / square;
      double distance = 0;
      for (int i = 0; i < p; i++) {
        for (int j = 0; j < p; j++) {
          double d = a * s[i * p + j] - (i == j ? 1 : 0);
          distance += d * d;
        }
      }
      return new Shares(a * trace / p, Math.sqrt(p * distance) / p);
    }
  }

  @Override
  public void measure(Lab lab) {
    DataSet digits = DataSets.load("digits", DataRoots.standard(null));
    Map<String, List<Double>> ranks = new LinkedHashMap<>();
    for (int p : WIDTHS) {
      HostTensor normal = Sample.normal(lab.seed(), p, 1, samples, p);
      Shares isotropic = Shares.of(moment(lab, normal), p);
      double wanted = samples / (samples + p + 1.0);
      // alpha / p varies by less than 2 / (N sqrt p), the relative deviation of tr S and tr S^2.
      Tolerance t = new Tolerance(0.01 * wanted, "1 %: 1/N");
      lab.compare("normal, p = " + p, "N / (N + p + 1)", wanted, isotropic.rank(), t);
      identity(lab, "normal, p = " + p, isotropic);
      ranks.computeIfAbsent("normal", k -> new ArrayList<>()).add(isotropic.rank());
      Map<String, double[]> moments = moments(lab, digits, p);
      moments.forEach(
          (name, s) -> {
            Shares found = Shares.of(s, p);
            identity(lab, "%s, p = %d".formatted(name, p), found);
            lab.report("anisotropy over p of %s, p = %d".formatted(name, p), found.anisotropy());
            ranks.computeIfAbsent(name, k -> new ArrayList<>()).add(found.rank());
          });
      lab.checkpoint();
    }
    lab.chart(chart(ranks));
  }

  private static void identity(Lab lab, String name, Shares s) {
    double sum = s.anisotropy() * s.anisotropy() + s.rank();
    lab.compare("identity, " + name, "T6: 1, of any matrix", 1, sum, Tolerance.absolute(1e-10));
  }

  private static double[] moment(Lab lab, HostTensor rows) {
    Program.Builder b = Program.builder("moment");
    Value x = b.input("x", new TensorType(DType.F64, rows.shape()));
    b.output("s", F.matmul(x, x, true, false));
    return Calculation.run(lab.device(), b.build(), Map.of("x", rows)).get("s").doubles();
  }

  /** Of the inputs and of the gradients of the units of an initial block's square layer. */
  private Map<String, double[]> moments(Lab lab, DataSet digits, int p) {
    BlockStyle style =
        new BlockStyle(Activation.RELU, LayerNorm.Affine.NONE, MlpBlock.Zeroth.NONE, 0);
    Network net = new LnMlp(p, p, 1, style).of(digits.sampleShape(), digits.classes());
    int[] all = java.util.stream.IntStream.range(0, samples).toArray();
    HostTensor x = digits.inputs(all).toDouble();
    Program.Builder b = Program.builder("moments");
    Map<String, Value> params = net.declare(b, "", 1, DType.F64);
    Value in = b.input("x", new TensorType(DType.F64, x.shape().insert(0, 1)));
    Value labels = b.input("y", new TensorType(DType.I32, Shape.of(1, samples)));
    Pass pass = Pass.with(Pass.Statistics.FROZEN);
    Value y = net.apply(params, in, pass);
    Value targets = F.oneHot(labels, net.outputs(), DType.F64);
    Value loss = F.sum(Loss.crossEntropy(y, targets), 1);
    HiddenUnits h = pass.hidden().get(0);
    Value eta = Diff.grad(loss, h.pre());
    b.output("inputs", F.matmul(h.input(), h.input(), true, false));
    b.output("gradients of units", F.matmul(eta, eta, true, false));
    Map<String, HostTensor> inputs = new LinkedHashMap<>(Sample.start(net, lab.seed(), 1));
    inputs.put("x", x.reshape(x.shape().insert(0, 1)));
    inputs.put("y", HostTensor.of(Shape.of(1, samples), digits.labels(all)));
    Map<String, double[]> out = new LinkedHashMap<>();
    Calculation.run(lab.device(), b.build(), inputs)
        .forEach((name, v) -> out.put(name, v.doubles()));
    return out;
  }

  private Chart chart(Map<String, List<Double>> ranks) {
    double[] x = new double[WIDTHS.length];
    double[] theory = new double[WIDTHS.length];
    for (int i = 0; i < x.length; i++) {
      x[i] = WIDTHS[i];
      theory[i] = samples / (samples + WIDTHS[i] + 1.0);
    }
    List<Chart.Series> series = new ArrayList<>();
    series.add(Chart.Series.theory("N / (N + p + 1), isotropic", x, theory));
    ranks.forEach(
        (name, values) ->
            series.add(
                Chart.Series.measured(name, x, values.stream().mapToDouble(v -> v).toArray())));
    return new Chart(
        "effective-rank",
        "Effective rank of second moments over their width",
        "width p",
        "alpha / p",
        true,
        false,
        series);
  }
}
