// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.sparsity;

import java.util.Map;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.linalg.SymmetricEigen;
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
 * The squared length of the input gradient K' eta relative to that of the units' gradient eta:
 * between the smallest and the largest squared singular value on the column space of K, and
 * ||K||_F^2 / n on average for eta with random support, however sparse.
 */
@Doc("Gradients of a layer's input by sparse gradients of its units.")
public record RandomSupport(
    @Doc("Features d; the layer has 4 d units.") @Default("128") @Range(min = 16, max = 512)
        int features,
    @Doc("Random gradients of each sparsity.") @Default("400") @Range(min = 50, max = 100_000)
        int draws)
    implements Law {
  @Override
  public String id() {
    return "activation-sparsity/A8";
  }

  @Override
  public String source() {
    return "Peng et al. 2023, implicit adversarial robustness (statement T4)";
  }

  @Override
  public String says() {
    return "E ||K' eta||^2 / ||eta||^2 = ||K||_F^2 / n for random support, and the squared singular"
        + " values of K enclose the ratio on its column space.";
  }

  @Override
  public void measure(Lab lab) {
    int n = 4 * features;
    HostTensor k = Sample.normal(lab.seed(), 1, 1, features, n); // [d, n], as a dense layer has it
    double frobenius = 0;
    for (int i = 0; i < k.doubles().length; i++) {
      k.doubles()[i] /= Math.sqrt(n);
      frobenius += k.doubles()[i] * k.doubles()[i];
    }
    SymmetricEigen eigen = gram(lab, k);
    double[] squares = eigen.values(); // squared singular values
    int outside = 0;
    for (int support = 16; support <= n; support *= 4) {
      double[] eta = sparse(lab.seed(), n, support);
      double[] back = times(lab, k, eta);
      double[] ratios = new double[draws];
      double mean = 0;
      for (int i = 0; i < draws; i++) {
        ratios[i] = square(back, i, features) / square(eta, i, n);
        mean += ratios[i] / draws;
        double inside = inside(eigen, back, i);
        double slack = 1e-10 * square(back, i, features);
        outside += ratios[i] > squares[features - 1] * (1 + 1e-10) ? 1 : 0;
        outside += squares[0] * inside > square(back, i, features) + slack ? 1 : 0;
      }
      double variance = 0;
      for (double r : ratios) {
        variance += (r - mean) * (r - mean) / (draws - 1);
      }
      double error = Math.sqrt(variance / draws);
      String row = "%d units of %d".formatted(support, n);
      lab.compare(row, "||K||_F^2 / n", frobenius / n, mean, Tolerance.errors(4, error));
      lab.checkpoint();
    }
    lab.compare("ratios outside the sandwich", "T4", 0, outside, Tolerance.absolute(0));
    attained(lab, k, eigen, features - 1, "largest");
    attained(lab, k, eigen, 0, "smallest");
  }

  /** Checks that a left singular vector of K' attains its side of the bound. */
  private void attained(Lab lab, HostTensor k, SymmetricEigen eigen, int which, String name) {
    int n = 4 * features;
    double[] eta = new double[draws * n];
    for (int j = 0; j < n; j++) {
      for (int i = 0; i < features; i++) {
        eta[j] += k.get(i * n + j) * eigen.vectors()[i * features + which];
      }
    }
    double ratio = square(times(lab, k, eta), 0, features) / square(eta, 0, n);
    double wanted = eigen.values()[which];
    lab.compare(
        name + " side attained", "sigma^2", wanted, ratio, Tolerance.relative(1e-9, wanted));
  }

  /**
   * Returns the squared length of the part of eta in the column space of K: sum of (v_i K'eta)^2 /
   * s_i^2.
   */
  private double inside(SymmetricEigen eigen, double[] back, int row) {
    double sum = 0;
    for (int i = 0; i < features; i++) {
      double along = 0;
      for (int j = 0; j < features; j++) {
        along += eigen.vectors()[j * features + i] * back[row * features + j];
      }
      sum += along * along / eigen.values()[i];
    }
    return sum;
  }

  private static double square(double[] rows, int row, int width) {
    double sum = 0;
    for (int j = row * width; j < (row + 1) * width; j++) {
      sum += rows[j] * rows[j];
    }
    return sum;
  }

  /** Draws rows with {@code support} normal entries at random places. */
  private double[] sparse(long seed, int n, int support) {
    double[] eta = new double[draws * n];
    int[] places = new int[n];
    for (int i = 0; i < draws; i++) {
      Draws d = new Draws(seed, 10 + support, i);
      for (int j = 0; j < n; j++) {
        places[j] = j;
      }
      d.shuffle(places);
      for (int j = 0; j < support; j++) {
        eta[i * n + places[j]] = d.normal();
      }
    }
    return eta;
  }

  /** Returns eta K', rows of d numbers. */
  private double[] times(Lab lab, HostTensor k, double[] eta) {
    Program.Builder b = Program.builder("back");
    Value w = b.input("k", new TensorType(DType.F64, k.shape()));
    Shape rows = Shape.of(1, draws, 4 * features);
    Value e = b.input("eta", new TensorType(DType.F64, rows));
    b.output("back", F.matmul(e, w, false, true));
    Map<String, HostTensor> in = Map.of("k", k, "eta", HostTensor.of(rows, eta));
    return Calculation.run(lab.device(), b.build(), in).get("back").doubles();
  }

  private SymmetricEigen gram(Lab lab, HostTensor k) {
    Program.Builder b = Program.builder("gram");
    Value w = b.input("k", new TensorType(DType.F64, k.shape()));
    b.output("gram", F.matmul(w, w, false, true));
    HostTensor gram = Calculation.run(lab.device(), b.build(), Map.of("k", k)).get("gram");
    return SymmetricEigen.of(gram.doubles(), features);
  }
}
