// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.lipschitz;

import org.rigor.linalg.ConvAxis;
import org.rigor.linalg.ConvAxis.Padding;
import org.rigor.linalg.ConvNorm;
import org.rigor.linalg.ConvShape;
import org.rigor.linalg.GramNorm;
import org.rigor.run.theory.Chart;
import org.rigor.run.theory.Lab;
import org.rigor.run.theory.Law;
import org.rigor.run.theory.Tolerance;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Length;
import org.rigor.run.yaml.Range;

/** Norms of one-channel 3x3 convolutions whose matrices have eigenvalues in closed form. */
@Doc("Certified norms of convolutions beside closed forms, zero and circular padding.")
public record ConvolutionNorms(
    @Doc("Sides n of the n x n images.")
        @Default("[3, 4, 5, 8, 12]")
        @Length(min = 1, max = 20)
        @Range(min = 3, max = 64)
        java.util.List<Integer> sides)
    implements Law {
  private static final double[] BOX = {1, 1, 1, 1, 1, 1, 1, 1, 1};
  private static final double[] LAPLACE = {0, -1, 0, -1, 4, -1, 0, -1, 0};
  private static final double[] SOBEL = {-1, 0, 1, -2, 0, 2, -1, 0, 1};

  @Override
  public String id() {
    return "lipschitz-continuity/convolution-norms";
  }

  @Override
  public String source() {
    return "eigenvalues of tridiagonal Toeplitz matrices; Sedghi et al. 2019 for circular padding";
  }

  @Override
  public String says() {
    return "The certified upper side of a convolution's norm is its closed form, and the transform"
        + " at the image's own side is no upper side for zero padding.";
  }

  @Override
  public void measure(Lab lab) {
    double[] x = new double[sides.size()];
    double[][] exact = new double[3][x.length];
    double[][] found = new double[3][x.length];
    for (int i = 0; i < x.length; i++) {
      int n = sides.get(i);
      double c = StrictMath.cos(StrictMath.PI / (n + 1));
      x[i] = n;
      exact[0][i] = (1 + 2 * c) * (1 + 2 * c);
      exact[1][i] = 4 + 4 * c;
      exact[2][i] = (2 + 2 * c) * 2 * c;
      double[][] kernels = {BOX, LAPLACE, SOBEL};
      String[] names = {"box", "Laplacian", "Sobel"};
      String[] forms = {
        "(1 + 2 cos(pi/(n+1)))^2", "4 + 4 cos(pi/(n+1))", "(2 + 2c) 2c, c = cos(pi/(n+1))"
      };
      for (int k = 0; k < 3; k++) {
        found[k][i] = ConvNorm.upper(kernels[k], shape(n, Padding.ZERO));
        close(lab, names[k] + ", zero padding, n = " + n, forms[k], exact[k][i], found[k][i]);
      }
      double box = ConvNorm.upper(BOX, shape(n, Padding.CIRCULAR));
      close(lab, "box, circular, n = " + n, "sum of the taps", 9, box);
    }
    double[] delta = {0, 0, 0, 0, 1, 0, 0, 0, 0};
    close(lab, "delta", "1", 1, ConvNorm.upper(delta, shape(5, Padding.ZERO)));
    double five = 8 * StrictMath.sin(2 * StrictMath.PI / 5);
    double sobel5 = ConvNorm.upper(SOBEL, shape(5, Padding.CIRCULAR));
    close(lab, "Sobel, circular, n = 5", "8 sin(2 pi/5)", five, sobel5);
    double sobel8 = ConvNorm.upper(SOBEL, shape(8, Padding.CIRCULAR));
    close(lab, "Sobel, circular, n = 8", "8 where 4 divides n", 8, sobel8);
    double c5 = StrictMath.cos(StrictMath.PI / 6);
    double[] separable = {1, 2, 1, 1, 2, 1, 1, 2, 1};
    double product = ConvNorm.upper(separable, shape(5, Padding.ZERO));
    close(lab, "separable, n = 5", "(1 + 2c)(2 + 2c)", (1 + 2 * c5) * (2 + 2 * c5), product);
    double even = ConvNorm.upper(LAPLACE, shape(8, Padding.CIRCULAR));
    close(lab, "Laplacian, circular, n = 8", "transform at (pi, pi)", 8, even);
    double own = ConvNorm.upper(LAPLACE, shape(3, Padding.CIRCULAR));
    close(lab, "Laplacian, circular, n = 3", "transform at (2 pi/3, 2 pi/3)", 6, own);
    double padded = ConvNorm.upper(LAPLACE, shape(3, Padding.ZERO));
    double gap = 4 * StrictMath.cos(StrictMath.PI / 4) - 2;
    close(lab, "Laplacian, n = 3, zero less circular", "4 cos(pi/4) - 2 > 0", gap, padded - own);
    double reshaped = GramNorm.upper(BOX, 1, 9);
    close(lab, "box read as a matrix, no upper side", "|K| of the 1 x 9 matrix", 3, reshaped);
    ConvAxis half = ConvAxis.valid(8, 2, 2);
    double disjoint = ConvNorm.upper(new double[] {1, 1, 1, 1}, new ConvShape(half, half, 1, 1, 1));
    close(lab, "ones 2x2, stride 2", "Frobenius norm of the kernel", 2, disjoint);
    chart(lab, x, exact, found);
  }

  private static ConvShape shape(int n, Padding mode) {
    ConvAxis a = ConvAxis.valid(n, 3, 1).padded(1, mode);
    return new ConvShape(a, a, 1, 1, 1);
  }

  private static void close(Lab lab, String row, String form, double exact, double measured) {
    lab.compare(row, form, exact, measured, Tolerance.relative(1e-9, exact));
  }

  private static void chart(Lab lab, double[] x, double[][] exact, double[][] found) {
    lab.chart(
        new Chart(
            "convolution-norms",
            "Norms of 3x3 convolutions with zero padding",
            "side n of the image (pixels)",
            "operator norm",
            false,
            false,
            java.util.List.of(
                Chart.Series.theory("box, closed form", x, exact[0]),
                Chart.Series.measured("box, certified upper side", x, found[0]),
                Chart.Series.theory("Laplacian, closed form", x, exact[1]),
                Chart.Series.measured("Laplacian, certified upper side", x, found[1]),
                Chart.Series.theory("Sobel, closed form", x, exact[2]),
                Chart.Series.measured("Sobel, certified upper side", x, found[2]))));
  }
}
