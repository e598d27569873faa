// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.sparsity;

import java.util.Map;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.NoisyDense;
import org.rigor.nn.Pass;
import org.rigor.nn.TrialKey;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.run.theory.Calculation;
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
 * Output noise of a layer that stands for noise on its weights: W~ x with independent normal W~ of
 * deviation s has covariance s^2 |x|^2 I, and so has the noise of a {@link NoisyDense}.
 */
@Doc("Noise on outputs of a layer has the covariance of noise on its weights.")
public record WeightNoise(
    @Doc("Draws.") @Default("40000") @Range(min = 1000, max = 10_000_000) int draws,
    @Doc("Deviation over the weights' root mean square.")
        @Default("0.1")
        @Range(min = 0, max = 0.2, minOpen = true)
        double noise)
    implements Law {
  private static final int INPUTS = 6;
  private static final int OUTPUTS = 3;

  @Override
  public String id() {
    return "activation-sparsity/A12";
  }

  @Override
  public String source() {
    return "Peng et al. 2023, MagicSynapse (their repository)";
  }

  @Override
  public String says() {
    return "Cov[W~ x] = s^2 ||x||^2 I, for weights drawn anew and for noise added to the outputs.";
  }

  @Override
  public void measure(Lab lab) {
    HostTensor w = Sample.normal(lab.seed(), 1, 1, INPUTS, OUTPUTS);
    HostTensor x = Sample.normal(lab.seed(), 2, 1, 1, INPUTS);
    double weights = squares(w) / (INPUTS * OUTPUTS);
    double variance = noise * noise * weights * squares(x);
    Program p = program(Math.sqrt(noise * noise * weights));
    Map<String, HostTensor> in =
        Map.of(
            "weight",
            w,
            "bias",
            HostTensor.zeros(new TensorType(DType.F64, Shape.of(1, 1, OUTPUTS))),
            "x",
            x,
            "key",
            TrialKey.tensor(java.util.List.of(TrialKey.of(lab.seed(), "law"))));
    Map<String, HostTensor> out = Calculation.run(lab.device(), p, in);
    covariance(lab, "added to the outputs", out.get("added").doubles(), variance);
    covariance(lab, "weights drawn anew", out.get("drawn").doubles(), variance);
  }

  private Program program(double deviation) {
    Program.Builder b = Program.builder("weight-noise");
    Shape bias = Shape.of(1, 1, OUTPUTS);
    Map<String, Value> params =
        Map.of(
            "weight", b.input("weight", f64(Shape.of(1, INPUTS, OUTPUTS))),
            "bias", b.input("bias", f64(bias)));
    Value x = b.input("x", f64(Shape.of(1, 1, INPUTS)));
    Value rows = F.broadcast(x, Shape.of(1, draws, INPUTS));
    Value key = b.input("key", new TensorType(DType.I32, Shape.of(1, 2)));
    Randoms randoms = Randoms.fixed(key, F.iota(2, 1, draws));
    NoisyDense layer = new NoisyDense(OUTPUTS, noise);
    Value noisy = layer.apply(params, rows, Pass.with(Pass.Statistics.BATCH, () -> randoms));
    b.output("added", F.sub(noisy, layer.apply(params, rows)));
    Value fresh = randoms.normal("drawn", DType.F64, Shape.of(INPUTS, OUTPUTS));
    Value one = F.reshape(rows, Shape.of(1, draws, 1, INPUTS));
    b.output("drawn", F.mul(F.matmul(one, fresh), deviation));
    return b.build();
  }

  private static TensorType f64(Shape shape) {
    return new TensorType(DType.F64, shape);
  }

  private void covariance(Lab lab, String name, double[] rows, double variance) {
    for (int i = 0; i < OUTPUTS; i++) {
      for (int j = i; j < OUTPUTS; j++) {
        double sum = 0;
        for (int n = 0; n < draws; n++) {
          sum += rows[n * OUTPUTS + i] * rows[n * OUTPUTS + j] / draws;
        }
        double error = variance * Math.sqrt((i == j ? 2.0 : 1.0) / draws);
        lab.compare(
            "%s, covariance of %d and %d".formatted(name, i, j),
            i == j ? "s^2 ||x||^2" : "0",
            i == j ? variance : 0,
            sum,
            Tolerance.errors(4, error));
      }
    }
  }

  private static double squares(HostTensor t) {
    double sum = 0;
    for (double v : t.doubles()) {
      sum += v * v;
    }
    return sum;
  }
}
