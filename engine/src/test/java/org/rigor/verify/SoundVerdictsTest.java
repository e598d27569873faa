// SPDX-License-Identifier: Apache-2.0
package org.rigor.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.io.onnx.OnnxFiles;
import org.rigor.nn.onnx.OnnxNetwork;
import org.rigor.property.Property;
import org.rigor.property.vnnlib.VnnLib;
import org.rigor.tensor.Shape;
import org.rigor.verify.Verdict.Answer;
import org.rigor.workspace.Models;

/** Verdicts close to the truth: none may be wrong, on whichever side of it the threshold lies. */
class SoundVerdictsTest {
  private static List<Verdict> decide(
      OnnxNetwork network, List<Property> properties, double seconds) {
    Verdict[] found = new Verdict[properties.size()];
    try (Device device = new CpuDevice(2, "scalar", "test");
        Models models = Models.of(device, network, network.values());
        Decider decider = new Decider(models)) {
      decider.decide(properties, seconds, () -> false, (i, v) -> found[i] = v);
    }
    return List.of(found);
  }

  private static Property property(String text) {
    return VnnLib.parse("p", text.getBytes(StandardCharsets.UTF_8)).property();
  }

  /** Sum of ReLUs of one input: its least value on an interval is at an end or at a kink. */
  private record Line(float[] w, float[] b, float[] a) {
    static Line random(int units, long seed) {
      Random r = new Random(seed);
      float[][] all = new float[3][units];
      for (float[] v : all) {
        for (int k = 0; k < units; k++) {
          v[k] = (float) r.nextGaussian();
        }
      }
      return new Line(all[0], all[1], all[2]);
    }

    OnnxNetwork network() {
      int n = w.length;
      return OnnxNetwork.whole(
          OnnxFiles.input(1)
              .constant("w", Shape.of(1, n), w)
              .constant("b", Shape.of(n), b)
              .constant("a", Shape.of(n, 1), a)
              .then("Gemm", "w", "b")
              .then("Relu")
              .then("MatMul", "a")
              .output(1));
    }

    private static BigDecimal exact(float x) {
      return new BigDecimal(x);
    }

    BigDecimal at(BigDecimal x) {
      BigDecimal sum = BigDecimal.ZERO;
      for (int k = 0; k < w.length; k++) {
        BigDecimal z = exact(w[k]).multiply(x).add(exact(b[k])).max(BigDecimal.ZERO);
        sum = sum.add(exact(a[k]).multiply(z));
      }
      return sum;
    }

    /** Returns the least value, to 30 digits. */
    BigDecimal least(BigDecimal low, BigDecimal high) {
      BigDecimal least = at(low).min(at(high));
      for (int k = 0; k < w.length; k++) {
        BigDecimal kink =
            exact(b[k]).negate().divide(exact(w[k]), new MathContext(30, RoundingMode.HALF_EVEN));
        if (kink.compareTo(low) > 0 && kink.compareTo(high) < 0) {
          least = least.min(at(kink));
        }
      }
      return least;
    }
  }

  @Test
  void oneInputAgainstItsKinks() {
    Line line = Line.random(12, 5);
    Random random = new Random(6);
    List<Property> properties = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      BigDecimal low = new BigDecimal(random.nextDouble() * 4 - 3);
      BigDecimal high = low.add(new BigDecimal(random.nextDouble() * 2));
      for (String apart : List.of("-1e-4", "1e-4")) {
        BigDecimal threshold = line.least(low, high).add(new BigDecimal(apart));
        properties.add(
            property(
                """
                (declare-const X_0 Real)(declare-const Y_0 Real)
                (assert (>= X_0 %s))(assert (<= X_0 %s))(assert (<= Y_0 %s))
                """
                    .formatted(low, high, threshold)));
      }
    }
    List<Verdict> found = decide(line.network(), properties, 60);
    for (int i = 0; i < found.size(); i++) {
      assertThat(found.get(i).answer())
          .as("1e-4 %s the least value", i % 2 == 0 ? "below" : "above")
          .isEqualTo(i % 2 == 0 ? Answer.VERIFIED : Answer.VIOLATED);
    }
  }

  /**
   * The spike m - H relu(1 - K |x - p|_1) falls below 0 only near p if H is above m; elsewhere it
   * is m, without a gradient.
   */
  private static OnnxNetwork spike(float[] p, float height) {
    int n = p.length;
    float[] w = new float[n * 2 * n];
    float[] b = new float[2 * n];
    float[] k = new float[2 * n];
    for (int i = 0; i < n; i++) {
      for (int side = 0; side < 2; side++) {
        float sign = side == 0 ? 1 : -1;
        w[i * 2 * n + 2 * i + side] = sign;
        b[2 * i + side] = -sign * p[i];
        k[2 * i + side] = -8;
      }
    }
    return OnnxNetwork.whole(
        OnnxFiles.input(n)
            .constant("w", Shape.of(n, 2 * n), w)
            .constant("b", Shape.of(2 * n), b)
            .constant("k", Shape.of(2 * n, 1), k)
            .constant("one", Shape.of(1), 1)
            .constant("h", Shape.of(1, 1), -height)
            .constant("m", Shape.of(1), 1)
            .then("Gemm", "w", "b")
            .then("Relu")
            .then("Gemm", "k", "one")
            .then("Relu")
            .then("Gemm", "h", "m")
            .output(1));
  }

  private static Verdict spiked(float height, double seconds) {
    float[] p = {0.28125f, -0.40625f, 0.6875f};
    StringBuilder text = new StringBuilder("(declare-const Y_0 Real)(assert (<= Y_0 0))");
    for (int i = 0; i < p.length; i++) {
      text.append("(declare-const X_%d Real)(assert (>= X_%d -1))".formatted(i, i));
      text.append("(assert (<= X_%d 1))".formatted(i));
    }
    return decide(spike(p, height), List.of(property(text.toString())), seconds).get(0);
  }

  @Test
  void aSpikeThatGradientsDoNotSeeIsNeverVerified() {
    assertThat(spiked(1 + 0x1p-20f, 1).answer()).isNotEqualTo(Answer.VERIFIED);
    assertThat(spiked(1.25f, 20).answer()).isEqualTo(Answer.VIOLATED);
  }

  @Test
  void aSpikeThatStaysAboveIsVerified() {
    assertThat(spiked(1 - 0x1p-20f, 1).answer()).isNotEqualTo(Answer.VIOLATED);
    assertThat(spiked(0.75f, 20).answer()).isEqualTo(Answer.VERIFIED);
  }
}
