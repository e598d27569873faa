// SPDX-License-Identifier: Apache-2.0
package org.rigor.corruptions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Map;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import org.junit.jupiter.api.Test;
import org.rigor.data.NormalDistribution;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** Corruptions against loops that restate their definitions, closed forms and a real codec. */
class CorruptionTruthTest {
  @Test
  void noiseHasItsDeviationAndItsShare() {
    float[] gray = new float[32 * 32 * 3 * 16];
    java.util.Arrays.fill(gray, 0.5f);
    HostTensor x = HostTensor.of(Shape.of(1, 16, 32, 32, 3), gray);
    double se = 1 / Math.sqrt(2.0 * gray.length);
    assertThat(Pictures.distance(x, Pictures.corrupt(new GaussianNoise(), 4, x, 1, 0)))
        .isCloseTo(0.09, within(4 * 0.09 * se));
    // a Poisson mean of 250 has deviation sqrt(250) / 500 = sqrt(0.5 / 500)
    assertThat(Pictures.distance(x, Pictures.corrupt(new ShotNoise(), 1, x, 1, 0)))
        .isCloseTo(Math.sqrt(0.5 / 500), within(4 * 0.032 * se));
    HostTensor y = Pictures.corrupt(new ImpulseNoise(), 5, x, 1, 0);
    int salt = 0;
    int pepper = 0;
    for (float v : y.floats()) {
      salt += v == 1 ? 1 : 0;
      pepper += v == 0 ? 1 : 0;
    }
    double n = gray.length;
    assertThat(salt / n).isCloseTo(0.035, within(4 * Math.sqrt(0.035 / n)));
    assertThat(pepper / n).isCloseTo(0.035, within(4 * Math.sqrt(0.035 / n)));
  }

  /** Quantiles at evenly spaced probabilities reproduce the distribution function. */
  @Test
  void photonsAreCountedAsPoissonCountsThem() {
    int n = 20_000;
    double[] u = new double[n];
    double[] z = new double[n];
    for (int i = 0; i < n; i++) {
      u[i] = (i + 0.5) / n;
      double low = -9;
      double high = 9;
      for (int k = 0; k < 60; k++) {
        double middle = (low + high) / 2;
        if (NormalDistribution.cdf(middle) < u[i]) {
          low = middle;
        } else {
          high = middle;
        }
      }
      z[i] = low;
    }
    for (double mean : new double[] {0, 0.3, 3, 12, 12.5, 20, 75, 500}) {
      TensorType t = new TensorType(DType.F64, Shape.of(1, n));
      Program.Builder b = Program.builder("poisson");
      Value draws = b.input("draws", t);
      Value m = org.rigor.op.F.broadcast(org.rigor.op.F.constant(draws, mean), t.shape());
      boolean few = mean <= 12;
      b.output("y", few ? ShotNoise.inverted(m, draws) : ShotNoise.expanded(m, draws));
      double[] counts =
          Pictures.run(b.build(), Map.of("draws", HostTensor.of(t.shape(), few ? u : z))).doubles();
      double mass = Math.exp(-mean);
      double below = mass;
      for (int k = 0; k < mean + 8 * Math.sqrt(mean) + 3; k++) {
        int at = k;
        double found = java.util.Arrays.stream(counts).filter(c -> c <= at).count() / (double) n;
        assertThat(found)
            .as("P(N <= %d), mean %s", k, mean)
            .isCloseTo(below, within((few ? 0 : 1e-3) + 1.0 / n));
        mass *= mean / (k + 1);
        below += mass;
      }
    }
  }

  @Test
  void contrastAndBrightnessAreTheirFormulas() {
    HostTensor x = HostTensor.of(Shape.of(1, 1, 1, 2, 3), 0.2f, 0.4f, 0.1f, 0f, 0f, 0f);
    HostTensor bright = Pictures.corrupt(new Brightness(), 5, x, 0, 0);
    // value 0.4 becomes 0.7, all channels by 7/4; black becomes gray of 0.3
    float[] expected = {0.35f, 0.7f, 0.175f, 0.3f, 0.3f, 0.3f};
    for (int i = 0; i < 6; i++) {
      assertThat(bright.get(i)).isCloseTo(expected[i], within(1e-6));
    }
    HostTensor flat = Pictures.corrupt(new Contrast(), 2, x, 0, 0);
    assertThat(flat.get(0)).isCloseTo(0.15, within(1e-6)); // mean 0.1, half of 0.1 above it
    assertThat(flat.get(4)).isCloseTo(0.1, within(1e-6));
  }

  /** scipy's zoom of the crop, restated: corner to corner, linear. */
  @Test
  void zoomEnlargesTheMiddle() {
    int n = 32;
    HostTensor x = Pictures.of(1, 1, n, n, 1);
    for (double factor : new double[] {1.0, 1.13, 1.25, 2.25}) {
      Program.Builder b = Program.builder("zoom");
      b.output("y", Zoom.in(b.input("x", x.type()), factor));
      HostTensor y = Pictures.run(b.build(), Map.of("x", x));
      int crop = (int) Math.ceil(n / factor);
      int top = (n - crop) / 2;
      int big = (int) Math.rint(crop * factor);
      int trim = (big - n) / 2;
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
          double r = (i + trim) * (crop - 1.0) / (big - 1);
          double c = (j + trim) * (crop - 1.0) / (big - 1);
          double expected = 0;
          for (int k = 0; k < 4; k++) {
            int row = Math.min(crop - 1, (int) r + k / 2);
            int column = Math.min(crop - 1, (int) c + k % 2);
            double weight = (k / 2 == 0 ? 1 - r % 1 : r % 1) * (k % 2 == 0 ? 1 - c % 1 : c % 1);
            expected += weight * x.get((top + row) * n + top + column);
          }
          assertThat(y.get(i * n + j)).isCloseTo(expected, within(1e-5));
        }
      }
    }
  }

  /** ImageMagick's motion blur at a known angle, restated. */
  @Test
  void motionReadsAlongTheDirection() {
    int h = 9;
    int w = 11;
    HostTensor x = Pictures.of(2, 1, h, w, 1);
    for (double degrees : new double[] {0, 30, -45, -90, -120}) {
      double angle = Math.toRadians(degrees);
      Program.Builder b = Program.builder("motion");
      Value images = b.input("x", x.type());
      Value a = org.rigor.op.F.fill(DType.F32, Shape.of(1, 1, 1, 1), angle);
      b.output("y", Blur.motion(images, 6, 2, a));
      HostTensor y = Pictures.run(b.build(), Map.of("x", x));
      for (int i = 0; i < h; i++) {
        for (int j = 0; j < w; j++) {
          double sum = 0;
          double total = 0;
          for (int k = 0; k < 13; k++) {
            int column = j + (int) Math.ceil(k * (float) Math.cos((float) angle) - 0.5f);
            int row = i + (int) Math.ceil(k * (float) Math.sin((float) angle) - 0.5f);
            double weight = Math.exp(-k * k / 8.0);
            total += weight;
            sum +=
                weight
                    * x.get(
                        Math.max(0, Math.min(h - 1, row)) * w
                            + Math.max(0, Math.min(w - 1, column)));
          }
          assertThat(y.get(i * w + j))
              .as("%s degrees", degrees)
              .isCloseTo(sum / total, within(1e-5));
        }
      }
    }
  }

  /** Pillow's box filter in fractions, restated: centres of pixels decide. */
  @Test
  void cellsAreMeansOfThePixelsInThem() {
    for (int side : new int[] {5, 8, 28, 32}) {
      HostTensor x = Pictures.of(3, 1, side, side, 1);
      double[] constants = {0.95, 0.9, 0.85, 0.75, 0.65};
      for (int severity = 1; severity <= 5; severity++) {
        int cells = (int) (side * constants[severity - 1]);
        HostTensor y = Pictures.corrupt(new Pixelate(), severity, x, 0, 0);
        for (int i = 0; i < side; i++) {
          for (int j = 0; j < side; j++) {
            double sum = 0;
            int count = 0;
            for (int r = 0; r < side; r++) {
              for (int c = 0; c < side; c++) {
                if (cell(r, side, cells) == (2 * i + 1) * cells / (2 * side)
                    && cell(c, side, cells) == (2 * j + 1) * cells / (2 * side)) {
                  sum += x.get(r * side + c);
                  count++;
                }
              }
            }
            assertThat(y.get(i * side + j)).isCloseTo(sum / count, within(1e-5));
          }
        }
      }
    }
  }

  /** The cell with {@code low < centre of the pixel <= high}. */
  private static int cell(int pixel, int side, int cells) {
    int twice = (2 * pixel + 1) * cells; // of 2 side: place of the centre
    return (twice + 2 * side - 1) / (2 * side) - 1;
  }

  @Test
  void glassCopiesANeighbourAboveOrToTheLeft() {
    int n = 12;
    HostTensor x = Pictures.of(4, 1, n, n, 3);
    HostTensor y = Pictures.corrupt(new GlassBlur(), 1, x, 5, 0); // sigma 0.05 blurs nothing
    int moved = 0;
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        boolean found = false;
        int reach = i > 1 && j > 1 ? 1 : 0;
        for (int di = 0; di <= reach && !found; di++) {
          for (int dj = 0; dj <= reach && !found; dj++) {
            found = true;
            for (int c = 0; c < 3; c++) {
              double from = Math.floor(x.get(((i - di) * n + j - dj) * 3 + c) * 255f) / 255;
              found &= Math.abs(from - y.get((i * n + j) * 3 + c)) < 1e-6;
            }
            moved += found && di + dj > 0 ? 1 : 0;
          }
        }
        assertThat(found).as("pixel %d, %d", i, j).isTrue();
      }
    }
    assertThat(moved).isBetween(40, 95); // three of four choices for 100 pixels
  }

  @Test
  void discsAreSmallSymmetricAndSumToOne() {
    double[][] point = DefocusBlur.disc(0.3, 0.4);
    assertThat(point).hasDimensions(3, 3);
    double side = Math.exp(-0.5 / 0.16);
    assertThat(point[1][0] / point[1][1]).isCloseTo(side, within(1e-12));
    double[][] nine = DefocusBlur.disc(1.5, 0.1);
    assertThat(nine).hasDimensions(5, 5);
    assertThat(nine[1][1]).isCloseTo(1 / 9.0, within(1e-12));
    assertThat(nine[0][0]).isCloseTo(0, within(1e-12));
  }

  /** The JDK's own codec, with the same tables and halved chroma. */
  @Test
  void jpegIsWhatACodecDoes() throws IOException {
    for (int channels : new int[] {1, 3}) {
      int h = 24;
      int w = 40;
      HostTensor x = Pictures.of(6, 1, h, w, channels);
      for (int severity : new int[] {1, 3, 5}) {
        float quality = new float[] {0.8f, 0, 0.58f, 0, 0.4f}[severity - 1];
        BufferedImage back = codec(x, h, w, channels, quality);
        HostTensor y = Pictures.corrupt(new JpegCompression(), severity, x, 0, 0);
        double far = 0;
        double sum = 0;
        double lost = 0;
        for (int i = 0; i < h * w * channels; i++) {
          int level = back.getRaster().getSample(i / channels % w, i / channels / w, i % channels);
          double apart = Math.abs(level - y.get(i) * 255);
          far += apart > 2.5 ? 1 : 0;
          sum += apart;
          lost += Math.abs(x.get(i) - y.get(i)) * 255;
        }
        double mean = sum / (h * w * channels);
        // the codec's whole-numbered transforms round some pixels to the next level, and now and
        // then a coefficient, which moves its block
        assertThat(far / (h * w * channels))
            .as("%d channels, quality %s", channels, quality)
            .isLessThan(channels == 1 ? 0.03 : 0.15);
        assertThat(mean).isLessThan(channels == 1 ? 0.25 : 0.8);
        assertThat(lost / (h * w * channels)).isGreaterThan(1);
      }
    }
  }

  private static BufferedImage codec(HostTensor x, int h, int w, int channels, float quality)
      throws IOException {
    BufferedImage image =
        new BufferedImage(
            w, h, channels == 1 ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < h * w * channels; i++) {
      int level = (int) Math.floor(x.get(i) * 255 + 0.5);
      image.getRaster().setSample(i / channels % w, i / channels / w, i % channels, level);
    }
    ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
    ImageWriteParam param = writer.getDefaultWriteParam();
    param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
    param.setCompressionQuality(quality);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (var out = ImageIO.createImageOutputStream(bytes)) {
      writer.setOutput(out);
      writer.write(null, new IIOImage(image, null, null), param);
    }
    writer.dispose();
    BufferedImage read = ImageIO.read(new ByteArrayInputStream(bytes.toByteArray()));
    if (channels == 1) {
      return read;
    }
    BufferedImage rgb = new BufferedImage(w, h, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < h * w; i++) {
      rgb.setRGB(i % w, i / w, read.getRGB(i % w, i / w));
    }
    return rgb;
  }
}
