// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Activation;
import org.rigor.nn.Network;
import org.rigor.nn.Parameter;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;
import org.rigor.workspace.Models;

/** Attacks of samples that start at radii of their own. */
class LaterRadiiTest {
  private static final int MODELS = 2;
  private static final int SAMPLES = 20;
  private static final int FEATURES = 3;
  private static final List<Double> RADII = List.of(0.05, 0.1, 0.2, 0.4, 0.8);
  private static final Network LINEAR =
      Sequential.mlp(Shape.of(FEATURES), List.of(), Activation.RELU, 2);

  private static float[] normal(Random r, long n) {
    float[] v = new float[Math.toIntExact(n)];
    for (int i = 0; i < v.length; i++) {
      v[i] = (float) r.nextGaussian();
    }
    return v;
  }

  /** Radii that are passed over count as survived, and the others fall as they would. */
  @Test
  void samplesMayStartAtLargerRadii() {
    Random r = new Random(5);
    Map<String, HostTensor> p = new HashMap<>();
    for (Parameter each : LINEAR.parameters()) {
      Shape shape = each.shape().insert(0, MODELS);
      p.put(each.name(), HostTensor.of(shape, normal(r, shape.size())));
    }
    HostTensor x = HostTensor.of(Shape.of(SAMPLES, FEATURES), normal(r, (long) SAMPLES * FEATURES));
    HostTensor y =
        HostTensor.of(Shape.of(SAMPLES), IntStream.range(0, SAMPLES).map(n -> n % 2).toArray());
    List<TrialKey> keys = List.of(TrialKey.of(0, "attack"), TrialKey.of(1, "attack"));
    int all = RADII.size();
    int[][] from = new int[MODELS][SAMPLES];
    for (int n = 0; n < SAMPLES; n++) {
      from[0][n] = n % (all + 1);
      from[1][n] = all;
    }
    CurveAttack a =
        CurveAttack.of(new Pgd(20, 0.1, false), new Threat(Norm.LINF, Box.NONE), RADII)
            .withSlots(4);
    try (Device device = new CpuDevice(2, "scalar", "test");
        Models models = Models.of(device, LINEAR, p);
        PreparedAttack prepared = new CurveAttacker(device, LINEAR, a).prepare(MODELS, SAMPLES)) {
      CurveResult whole = prepared.run(models, keys, x, y);
      CurveResult part = prepared.run(models, keys, x, y, from);
      int later = 0;
      for (int m = 0; m < MODELS; m++) {
        for (int n = 0; n < SAMPLES; n++) {
          boolean wrong = whole.survived()[m][n] == 0 && whole.distance()[m][n] == 0;
          int expected = wrong ? 0 : Math.max(from[m][n], whole.survived()[m][n]);
          assertThat(part.survived()[m][n]).as("model %d sample %d", m, n).isEqualTo(expected);
          later += !wrong && from[m][n] > whole.survived()[m][n] ? 1 : 0;
        }
      }
      assertThat(later).isGreaterThan(5);
    }
  }
}
