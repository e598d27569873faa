// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.lipschitz;

import java.util.Map;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.linalg.ConvAxis;
import org.rigor.linalg.ConvNorm;
import org.rigor.linalg.ConvShape;
import org.rigor.linalg.SpectralNorm;
import org.rigor.op.F;
import org.rigor.op.Windows;
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
 * Certified norms of random convolutions beside the singular values of their whole matrices. A
 * column of a matrix is what the engine's convolution makes of an image with one pixel.
 */
@Doc("Certified norms of random convolutions beside singular values of their matrices.")
public record ConvolutionMatrices(
    @Doc("Random kernels of each kind.") @Default("200") @Range(min = 1, max = 10_000) int kernels)
    implements Law {
  private static final int CHANNELS = 2;
  private static final int OUTPUTS = 3;
  private static final int NOT_CIRCULAR = -1;

  @Override
  public String id() {
    return "lipschitz-continuity/convolution-matrices";
  }

  @Override
  public String source() {
    return "singular values; circular with stride: space to depth and Sedghi et al. 2019";
  }

  @Override
  public String says() {
    return "No certified side of a convolution of any kernel, stride, dilation and padding is crossed"
        + " by its norm, and circular ones with a stride are met exactly.";
  }

  @Override
  public void measure(Lab lab) {
    int below = 0;
    int above = 0;
    double loosest = 0;
    for (int i = 0; i < kernels; i++) {
      Draws d = new Draws(lab.seed(), 4, i);
      int k = 1 + d.below(4);
      int dilation = 1 + d.below(2);
      int stride = 1 + d.below(3);
      int span = (k - 1) * dilation + 1;
      int n = Math.max(4, span) + d.below(3);
      int padding = d.below(k);
      double[] kernel = normals(d, k * k * CHANNELS * OUTPUTS);
      ConvAxis axis = new ConvAxis(n, k, stride, dilation, padding, padding, ConvAxis.Padding.ZERO);
      Windows w = Windows.of(k).stride(stride).dilation(dilation).padding(padding);
      double exact = norm(lab, kernel, k, n, NOT_CIRCULAR, w);
      ConvShape shape = new ConvShape(axis, axis, CHANNELS, OUTPUTS, 1);
      double upper = ConvNorm.upper(kernel, shape);
      below += upper < exact * (1 - 1e-13) ? 1 : 0;
      above += ConvNorm.lower(kernel, shape, 50) > exact * (1 + 1e-13) ? 1 : 0;
      loosest = Math.max(loosest, upper / exact);
      lab.checkpoint();
    }
    Tolerance none = Tolerance.absolute(0);
    lab.compare("random kernels: upper side below the norm", "0", 0, below, none);
    lab.compare("random kernels: lower side above the norm", "0", 0, above, none);
    lab.report("loosest upper side over the norm, zero padding", loosest);
    double[] worst = {Double.POSITIVE_INFINITY, 0};
    for (int i = 0; i < kernels; i++) {
      Draws d = new Draws(lab.seed(), 5, i);
      int stride = 1 + d.below(3);
      int k = 1 + d.below(3);
      int n = stride * (2 + d.below(2));
      n = n < k ? stride * k : n;
      double[] kernel = normals(d, k * k * CHANNELS * OUTPUTS);
      int before = (k - 1) / 2;
      int after = k - 1 - before;
      ConvAxis axis = new ConvAxis(n, k, stride, 1, before, after, ConvAxis.Padding.CIRCULAR);
      double exact = norm(lab, kernel, k, n, before, Windows.of(k).stride(stride));
      double upper = ConvNorm.upper(kernel, new ConvShape(axis, axis, CHANNELS, OUTPUTS, 1));
      worst[0] = Math.min(worst[0], upper / exact);
      worst[1] = Math.max(worst[1], upper / exact);
      lab.checkpoint();
    }
    Tolerance close = Tolerance.absolute(1e-9);
    lab.compare("circular with stride: least upper side over the norm", "1", 1, worst[0], close);
    lab.compare("circular with stride: largest upper side over the norm", "1", 1, worst[1], close);
  }

  private static double[] normals(Draws d, int n) {
    double[] out = new double[n];
    for (int i = 0; i < n; i++) {
      out[i] = d.normal();
    }
    return out;
  }

  /** Norm of the whole matrix; a circular image goes on {@code wrap} pixels before itself. */
  private static double norm(Lab lab, double[] kernel, int k, int n, int wrap, Windows w) {
    int pixels = n * n * CHANNELS;
    double[] unit = new double[pixels * pixels];
    for (int i = 0; i < pixels; i++) {
      unit[i * pixels + i] = 1;
    }
    Program.Builder b = Program.builder("columns");
    Shape images = Shape.of(1, pixels, n, n, CHANNELS);
    Shape kernels = Shape.of(1, k, k, CHANNELS, OUTPUTS);
    Value x = b.input("x", new TensorType(DType.F64, images));
    Value v = b.input("w", new TensorType(DType.F64, kernels));
    boolean circular = wrap != NOT_CIRCULAR;
    Value in = circular ? wrapped(wrapped(x, 2, n, wrap, k), 3, n, wrap, k) : x;
    Program p = b.output("y", F.conv2d(in, v, w)).build();
    HostTensor y =
        Calculation.run(
                lab.device(),
                p,
                Map.of("x", HostTensor.of(images, unit), "w", HostTensor.of(kernels, kernel)))
            .get("y");
    int outputs = Math.toIntExact(y.shape().size() / pixels);
    return SpectralNorm.svd(y.doubles(), pixels, outputs);
  }

  private static Value wrapped(Value x, int axis, int n, int before, int k) {
    int after = k - 1 - before;
    Value out = x;
    if (before > 0) {
      out = F.concat(axis, F.slice(x, axis, n - before, n), out);
    }
    return after > 0 ? F.concat(axis, out, F.slice(x, axis, 0, after)) : out;
  }
}
