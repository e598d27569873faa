// SPDX-License-Identifier: Apache-2.0
package org.rigor.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.rigor.data.NormalDistribution;
import org.rigor.exec.Executable;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Program;
import org.rigor.ir.Simplify;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.SkippingMatMul;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * The gain from activation sparsity: a perceptron block of 768 features and 3,072 units whose
 * second product skips silent units, beside the dense block, at several shares of active units.
 * Both compute the same function. Usage: {@code SparseBlockComparison <results folder> <report
 * name> [rounds]}.
 */
public final class SparseBlockComparison {
  private static final int FEATURES = 768;
  private static final int UNITS = 3072;
  private static final int[] TOKENS = {1, 16, 256};

  /** Shares of active units; Li et al. 2023 found 3.0 and 6.3 % in T5-Base and ViT-B/16. */
  private static final double[] SHARES = {0.01, 0.03, 0.063, 0.125, 0.25, 0.5};

  private SparseBlockComparison() {}

  /** Checks that both blocks give the same numbers, then measures and writes the report. */
  public static void main(String[] args) throws IOException {
    int threads =
        Integer.getInteger("rigor.bench.threads", Runtime.getRuntime().availableProcessors());
    int rounds = args.length > 2 ? Integer.parseInt(args[2]) : 21;
    Report report = new Report(args[1], "Perceptron block that skips silent units, float");
    report.note(
        "block of %d features and %d units, %d threads".formatted(FEATURES, UNITS, threads));
    try (CpuDevice device = new CpuDevice(threads, "auto", "benchmark")) {
      for (int tokens : TOKENS) {
        report.note(measure(device, report, tokens, rounds));
      }
    }
    report.write(Path.of(args[0]));
  }

  /** Returns the break-even share for this number of tokens at a time. */
  private static String measure(CpuDevice device, Report report, int tokens, int rounds) {
    double before = Double.NaN;
    double breakEven = Double.NaN;
    double last = 0;
    for (double wanted : SHARES) {
      Map<String, HostTensor> in = inputs(tokens, wanted);
      try (Executable dense = compile(device, tokens, false, in);
          Executable skipping = compile(device, tokens, true, in)) {
        dense.run();
        skipping.run();
        double share = requireSame(dense, skipping);
        Interleaved times =
            Interleaved.measure(
                List.of(
                    new Contender("dense", dense::run), new Contender("skipping", skipping::run)),
                rounds,
                0.05);
        double saved = (1 - share) / 2;
        double faster = times.speedup(1, 0);
        report.times(
            String.format(
                Locale.ROOT,
                "%d tokens, %.1f %% of the units active: %.1f %% of the multiply-adds saved,"
                    + " the same outputs, dense time over skipping time %.2f",
                tokens,
                100 * share,
                100 * saved,
                faster),
            times);
        if (faster < 1 && Double.isNaN(breakEven)) {
          breakEven =
              Double.isNaN(before) ? 0 : last + (share - last) * (before - 1) / (before - faster);
        }
        before = faster;
        last = share;
      }
    }
    return Double.isNaN(breakEven)
        ? "%d tokens: skipping is faster up to %.0f %% active, the largest share measured"
            .formatted(tokens, 100 * last)
        : breakEven == 0
            ? "%d tokens: no saving, not at the smallest share measured".formatted(tokens)
            : "%d tokens: break-even at %.1f %% of the units active"
                .formatted(tokens, 100 * breakEven);
  }

  private static Executable compile(
      CpuDevice device, int tokens, boolean skips, Map<String, HostTensor> in) {
    Program.Builder b = Program.builder(skips ? "skipping-block" : "dense-block");
    Value x = b.input("x", in.get("x").type());
    Value pre = F.add(F.matmul(x, b.input("k", in.get("k").type())), bias(b, in, "b"));
    Value active = F.relu(pre);
    Value v = b.input("v", in.get("v").type());
    Value product = skips ? Value.of(new SkippingMatMul(), active, v) : F.matmul(active, v);
    b.output("y", F.add(product, bias(b, in, "c")));
    Value works = F.cast(F.gt(active, F.constant(active, 0)), DType.F32);
    b.output("share", F.mean(works, 1, 2));
    Executable e = device.compile(Simplify.run(b.build()));
    in.forEach((name, t) -> e.input(name).write(t));
    return e;
  }

  private static Value bias(Program.Builder b, Map<String, HostTensor> in, String name) {
    return b.input(name, in.get(name).type());
  }

  /** Requires equal results and returns the share of active units. */
  private static double requireSame(Executable dense, Executable skipping) {
    float[] a = dense.output("y").read().floats();
    float[] b = skipping.output("y").read().floats();
    for (int i = 0; i < a.length; i++) {
      if (a[i] != b[i]) {
        throw new IllegalStateException(
            "the blocks differ at output %d: %s dense, %s skipping".formatted(i, a[i], b[i]));
      }
    }
    return dense.output("share").read().get(0);
  }

  /** Returns the bias that makes a standard normal number positive with this probability. */
  private static double bias(double share) {
    double low = -8;
    double high = 8;
    for (int i = 0; i < 60; i++) {
      double middle = (low + high) / 2;
      low = NormalDistribution.cdf(middle) < share ? middle : low;
      high = NormalDistribution.cdf(middle) < share ? high : middle;
    }
    return low;
  }

  /** Returns normal inputs and weights, with biases that activate the wanted share of units. */
  private static Map<String, HostTensor> inputs(int tokens, double share) {
    Random random = new Random(7);
    float[] biases = new float[UNITS];
    Arrays.fill(biases, (float) bias(share));
    List<float[]> drawn = new ArrayList<>();
    for (int n : new int[] {tokens * FEATURES, FEATURES * UNITS, UNITS * FEATURES, FEATURES}) {
      float[] values = new float[n];
      double scale = n == FEATURES * UNITS ? 1 / Math.sqrt(FEATURES) : 1;
      for (int i = 0; i < n; i++) {
        values[i] = (float) (scale * random.nextGaussian());
      }
      drawn.add(values);
    }
    return Map.of(
        "x", HostTensor.of(Shape.of(1, tokens, FEATURES), drawn.get(0)),
        "k", HostTensor.of(Shape.of(1, FEATURES, UNITS), drawn.get(1)),
        "v", HostTensor.of(Shape.of(1, UNITS, FEATURES), drawn.get(2)),
        "b", HostTensor.of(Shape.of(1, 1, UNITS), biases),
        "c", HostTensor.of(Shape.of(1, 1, FEATURES), drawn.get(3)));
  }
}
