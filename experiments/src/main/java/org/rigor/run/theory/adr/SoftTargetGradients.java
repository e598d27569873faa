// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.adr;

import java.util.Map;
import org.rigor.diff.Diff;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Loss;
import org.rigor.op.F;
import org.rigor.run.theory.Calculation;
import org.rigor.run.theory.Lab;
import org.rigor.run.theory.Law;
import org.rigor.run.theory.Tolerance;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Range;
import org.rigor.tensor.DType;
import org.rigor.tensor.Draws;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * The cross-entropy of soft targets and the divergence from them differ by the targets' entropy, so
 * their gradients agree; those of the reversed divergence do not.
 */
@Doc("Cross-entropy of soft targets and the divergence from them have the same gradient.")
public record SoftTargetGradients(
    @Doc("Samples.") @Default("64") @Range(min = 1, max = 100_000) int samples,
    @Doc("Classes.") @Default("10") @Range(min = 2, max = 1000) int classes)
    implements Law {
  @Override
  public String id() {
    return "adr/B10";
  }

  @Override
  public String source() {
    return "elementary; Wu et al. 2024 train on the cross-entropy of their targets";
  }

  @Override
  public String says() {
    return "grad CE(f, P) = grad KL(P || f), and CE - KL is the entropy of P.";
  }

  @Override
  public void measure(Lab lab) {
    Program.Builder b = Program.builder("gradients");
    Shape rows = Shape.of(1, samples, classes);
    Value z = b.input("z", new TensorType(DType.F64, rows));
    Value t = b.input("t", new TensorType(DType.F64, rows));
    Value target = F.softmax(t, -1);
    Value crossEntropy = Loss.crossEntropy(z, target);
    Value divergence = Loss.klDivergence(t, z);
    Value other = Loss.klDivergence(z, t);
    Value one = Diff.grad(crossEntropy, z);
    Value two = Diff.grad(divergence, z);
    Value reversed = Diff.grad(other, z);
    b.output("difference", F.maxNorm(F.sub(one, two), 1, 2));
    b.output("reversed", F.maxNorm(F.sub(one, reversed), 1, 2));
    b.output("gap", F.mean(F.sub(crossEntropy, divergence), 1));
    b.output("target", target);
    double[] zs = new double[samples * classes];
    double[] ts = new double[samples * classes];
    Draws d = new Draws(lab.seed(), 10, 0);
    for (int i = 0; i < zs.length; i++) {
      zs[i] = 2 * d.normal();
      ts[i] = 2 * d.normal();
    }
    Map<String, HostTensor> out =
        Calculation.run(
            lab.device(),
            b.build(),
            Map.of("z", HostTensor.of(rows, zs), "t", HostTensor.of(rows, ts)));
    double entropy = 0;
    for (double p : out.get("target").doubles()) {
      entropy -= p * Math.log(p) / samples;
    }
    lab.compare(
        "largest difference of the gradients",
        "0",
        0,
        out.get("difference").get(0),
        Tolerance.absolute(1e-12));
    lab.compare(
        "mean of CE - KL",
        "entropy of P",
        entropy,
        out.get("gap").get(0),
        Tolerance.relative(1e-12, entropy));
    lab.report("largest difference to the gradient of KL(f || P)", out.get("reversed").get(0));
  }
}
