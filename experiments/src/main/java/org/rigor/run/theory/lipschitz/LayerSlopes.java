// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.lipschitz;

import java.util.Map;
import org.rigor.data.NormalDistribution;
import org.rigor.diff.Diff;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.linalg.SpectralNorm;
import org.rigor.nn.Activation;
import org.rigor.op.F;
import org.rigor.op.Windows;
import org.rigor.run.theory.Calculation;
import org.rigor.run.theory.Lab;
import org.rigor.run.theory.Law;
import org.rigor.run.theory.Tolerance;
import org.rigor.run.yaml.Doc;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** Lipschitz constants of single layers, and one layer that has none. */
@Doc("Largest slopes of activations, of softmax, of overlapping pooling and of attention.")
public record LayerSlopes() implements Law {
  private interface Function {
    Value of(Value x);
  }

  @Override
  public String id() {
    return "lipschitz-continuity/layer-slopes";
  }

  @Override
  public String source() {
    return "closed forms; attention: Kim et al. 2021 (arXiv 2006.04710)";
  }

  @Override
  public String says() {
    return "GELU and SiLU are steeper than 1, softmax has norm 1/2, a 3x3 max pooling of stride 2"
        + " has norm 2, and dot-product attention has no bound.";
  }

  @Override
  public void measure(Lab lab) {
    double r = StrictMath.sqrt(2);
    double density = StrictMath.exp(-1) / StrictMath.sqrt(2 * StrictMath.PI);
    double gelu = NormalDistribution.cdf(r) + r * density;
    Function g = x -> Activation.GELU.apply(Map.of(), x);
    slope(lab, "GELU", "Phi(sqrt 2) + sqrt 2 phi(sqrt 2)", gelu, g);
    Function silu = x -> F.mul(x, F.sigmoid(x));
    slope(lab, "SiLU", "s(1 + x(1 - s)) where 2 + x(1 - 2s) = 0", siluSlope(), silu);
    slope(lab, "sigmoid", "1/4", 0.25, F::sigmoid);
    double[] half = {0, 0, -700, -700, -700};
    double softmax = jacobianNorm(lab, half, x -> F.softmax(x, -1));
    lab.compare("softmax at (1/2, 1/2, 0, 0, 0)", "1/2", 0.5, softmax, close(0.5));
    pooling(lab);
    for (double c : new double[] {1, 10, 100}) {
      attention(lab, c);
    }
  }

  private static Tolerance close(double exact) {
    return Tolerance.relative(1e-7, exact);
  }

  /**
   * Compares the largest derivative on a grid of [-8, 8]; near a smooth maximum the grid's error is
   * 1e-8.
   */
  private static void slope(Lab lab, String name, String form, double exact, Function f) {
    int n = 80_001;
    double[] x = new double[n];
    for (int i = 0; i < n; i++) {
      x[i] = -8 + 16.0 * i / (n - 1);
    }
    Program.Builder b = Program.builder("slope");
    Value in = b.input("x", new TensorType(DType.F64, Shape.of(1, n)));
    Value d = Diff.grad(F.sum(f.of(in), 1), in);
    Program p = b.output("most", F.max(d, 1)).build();
    HostTensor out =
        Calculation.run(lab.device(), p, Map.of("x", HostTensor.of(Shape.of(1, n), x))).get("most");
    lab.compare("slope of " + name, form, exact, out.get(0), close(exact));
  }

  private static double siluSlope() {
    double low = 1;
    double high = 4;
    for (int i = 0; i < 200; i++) {
      double x = (low + high) / 2;
      double s = 1 / (1 + StrictMath.exp(-x));
      if (2 + x * (1 - 2 * s) > 0) {
        low = x;
      } else {
        high = x;
      }
    }
    double s = 1 / (1 + StrictMath.exp(-low));
    return s * (1 + low * (1 - s));
  }

  /**
   * Returns the spectral norm of the Jacobian of a function of vectors, from a copy of x per
   * cotangent.
   */
  private static double jacobianNorm(Lab lab, double[] at, Function f) {
    double[] j = jacobian(lab, at, f);
    return SpectralNorm.svd(j, at.length, at.length);
  }

  private static double[] jacobian(Lab lab, double[] at, Function f) {
    int k = at.length;
    double[] copies = new double[k * k];
    double[] unit = new double[k * k];
    for (int i = 0; i < k; i++) {
      System.arraycopy(at, 0, copies, i * k, k);
      unit[i * k + i] = 1;
    }
    Shape shape = Shape.of(1, k, k);
    Program.Builder b = Program.builder("jacobian");
    Value x = b.input("x", new TensorType(DType.F64, shape));
    Value ct = b.input("ct", new TensorType(DType.F64, shape));
    Value rows = Diff.vjp(f.of(x), ct, java.util.List.of(x)).get(0);
    Program p = b.output("rows", rows).build();
    Map<String, HostTensor> in =
        Map.of("x", HostTensor.of(shape, copies), "ct", HostTensor.of(shape, unit));
    return Calculation.run(lab.device(), p, in).get("rows").doubles();
  }

  /** Measures pooling with one pixel in four windows. */
  private static void pooling(Lab lab) {
    Windows w = new Windows(3, 3, 2, 2, 1, 1, 1, 1, 1, 1);
    TracedNetwork pool =
        new TracedNetwork(
            Shape.of(5, 5, 1),
            9,
            (p, x) -> {
              Value y = F.maxPool2d(x, w);
              return F.reshape(y, Shape.of(y.shape().dim(0), y.shape().dim(1), 9));
            });
    double[] image = new double[25];
    for (int i = 0; i < 25; i++) {
      image[i] = 0.01 * i;
    }
    image[6] = 5;
    double lower = pool.jacobians(lab.device(), new double[][] {image}).certified(0).orElseThrow();
    lab.compare("3x3 max pooling, stride 2, attained", "sqrt(4 windows)", 2, lower, close(2));
    double upper = pool.product(lab.device());
    lab.compare("3x3 max pooling, stride 2, upper side", "ceil(k/s)", 2, upper, close(2));
  }

  /** Measures softmax(X X') X at the tokens (0, c). */
  private static void attention(Lab lab, double c) {
    double[] j =
        jacobian(
            lab,
            new double[] {0, c},
            x -> {
              Value tokens = F.reshape(x, Shape.of(1, 2, 2, 1));
              Value weights = F.softmax(F.matmul(tokens, tokens, false, true), -1);
              return F.reshape(F.matmul(weights, tokens), Shape.of(1, 2, 2));
            });
    double exact = c * c / 4 + 0.5;
    lab.compare(
        "attention at tokens (0, %.0f)".formatted(c), "c^2/4 + 1/2", exact, j[0], close(exact));
  }
}
