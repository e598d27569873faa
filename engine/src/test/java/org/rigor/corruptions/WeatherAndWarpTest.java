// SPDX-License-Identifier: Apache-2.0
package org.rigor.corruptions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rigor.corruptions.Pixels.Border;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/** What random layers and maps do to images on which it can be said. */
class WeatherAndWarpTest {
  private static HostTensor constant(float value) {
    float[] x = new float[32 * 32];
    Arrays.fill(x, value);
    return HostTensor.of(Shape.of(1, 1, 32, 32, 1), x);
  }

  @Test
  void bordersContinueAsTheirNamesSay() {
    Program.Builder b = Program.builder("borders");
    Value x = b.input("x", HostTensor.of(Shape.of(1, 1, 1, 4, 1), new float[4]).type());
    Value at = F.add(Pixels.columns(x.dtype(), 12), -4);
    Value row = Pixels.rows(x.dtype(), 1);
    b.output(
        "y",
        F.concat(
            2,
            Pixels.at(x, row, at, Border.EDGE),
            Pixels.at(x, row, at, Border.REFLECT),
            Pixels.at(x, row, at, Border.REFLECT_101)));
    HostTensor in = HostTensor.of(Shape.of(1, 1, 1, 4, 1), 1f, 2f, 3f, 4f);
    assertThat(Pictures.run(b.build(), Map.of("x", in)).floats())
        .containsExactly(
            1, 1, 1, 1, 1, 2, 3, 4, 4, 4, 4, 4, // edge
            4, 3, 2, 1, 1, 2, 3, 4, 4, 3, 2, 1, // reflect
            3, 4, 3, 2, 1, 2, 3, 4, 3, 2, 1, 2); // reflect 101
  }

  /** The cloud goes from 0 to 1 on 32 x 32, and the largest value stays what it was. */
  @Test
  void fogReachesFromNoneToFull() {
    double[] strength = {0.2, 0.5, 0.75, 1, 1.5};
    for (int severity = 1; severity <= 5; severity++) {
      float[] y = Pictures.corrupt(new Fog(), severity, constant(0.5f), 3, 0).floats();
      float[] sorted = y.clone();
      Arrays.sort(sorted);
      double c = strength[severity - 1];
      assertThat(sorted[1023]).isCloseTo(0.5f, within(1e-6f));
      assertThat((double) sorted[0]).isCloseTo(0.25 / (0.5 + c), within(1e-6));
      assertThat(sorted[512]).isBetween(sorted[0] + 0.01f, sorted[1023] - 0.01f);
    }
  }

  /** A gray of 1/2 is whitened to c/2 + 5/4 (1 - c); flakes lie on it with their mirror image. */
  @Test
  void snowLiesOnAWhitenedImageWithItsMirrorImage() {
    double[] share = {0.95, 0.9, 0.9, 0.85, 0.8};
    for (int severity = 1; severity <= 5; severity++) {
      float[] y = Pictures.corrupt(new Snow(), severity, constant(0.5f), 4, 0).floats();
      double least = 1;
      double most = 0;
      for (int i = 0; i < 1024; i++) {
        least = Math.min(least, y[i]);
        most = Math.max(most, y[i]);
        assertThat(y[1023 - i]).isCloseTo(y[i], within(1e-6f));
      }
      double c = share[severity - 1];
      double pale = 0.5 * c + 1.25 * (1 - c);
      assertThat(least).isGreaterThan(pale - 1e-6);
      if (severity == 1) {
        assertThat(least).isCloseTo(pale, within(1e-6)); // few flakes
      }
      assertThat(most).isGreaterThan(pale + 0.02);
    }
  }

  /** An affine map leaves a ramp a ramp, away from the edges; its corners move by 2.56 at most. */
  @Test
  void theAffinePartOfElasticMapsARampToARamp() {
    float[] ramp = new float[32 * 32];
    for (int i = 0; i < ramp.length; i++) {
      ramp[i] = 0.2f + 0.01f * (i % 32) + 0.005f * (i / 32);
    }
    HostTensor x = HostTensor.of(Shape.of(1, 1, 32, 32, 1), ramp);
    boolean moved = false;
    for (int id = 0; id < 5; id++) {
      float[] y = Pictures.corrupt(new ElasticTransform(), 1, x, 5, id).floats();
      for (int r = 9; r < 23; r++) {
        for (int c = 9; c < 23; c++) {
          int i = 32 * r + c;
          assertThat(y[i - 1] + y[i + 1] - 2 * y[i]).isCloseTo(0f, within(1e-5f));
          assertThat(y[i - 32] + y[i + 32] - 2 * y[i]).isCloseTo(0f, within(1e-5f));
          // a shift of up to 2.56 along each axis, and what the corners' spread adds inside them
          assertThat(Math.abs(y[i] - ramp[i])).isLessThan(0.015f * 2.56f * 3);
          moved |= Math.abs(y[i] - ramp[i]) > 0.005f;
        }
      }
    }
    assertThat(moved).isTrue();
  }

  /** Smoothed displacements move by less than their length, and not all alike. */
  @Test
  void elasticBendsARamp() {
    float[] ramp = new float[32 * 32];
    for (int i = 0; i < ramp.length; i++) {
      ramp[i] = 0.1f + 0.02f * (i % 32);
    }
    HostTensor x = HostTensor.of(Shape.of(1, 1, 32, 32, 1), ramp);
    float[] y = Pictures.corrupt(new ElasticTransform(), 5, x, 6, 0).floats();
    double bent = 0;
    for (int r = 9; r < 23; r++) {
      for (int c = 9; c < 23; c++) {
        int i = 32 * r + c;
        bent = Math.max(bent, Math.abs(y[i - 1] + y[i + 1] - 2 * y[i]));
        assertThat(Math.abs(y[i] - ramp[i])).isLessThan(0.02f * (3.2f + 3 * 0.96f));
      }
    }
    assertThat(bent).isGreaterThan(1e-3);
  }
}
