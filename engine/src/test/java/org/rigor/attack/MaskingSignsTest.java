// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.rigor.attack.MaskingSigns.Sign;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Value;
import org.rigor.nn.Dense;
import org.rigor.nn.Layer;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.op.F;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;
import org.rigor.workspace.Models;

/** Linear classifiers behind what masks their gradients, and as they are. */
class MaskingSignsTest {
  private static final int FEATURES = 6;
  private static final int CLASSES = 4;
  private static final int SAMPLES = 40;
  private static final double EPSILON = 0.1;
  private static final List<TrialKey> KEYS =
      List.of(TrialKey.of(3, "plain"), TrialKey.of(4, "scaled"));

  /** Rounds numbers of [0, 1] to eighths; its derivative is 0. */
  private record Stairs() implements Layer {
    @Override
    public Shape output(Shape input) {
      return input;
    }

    @Override
    public Value apply(Map<String, Value> params, Value x) {
      Value sum = F.constant(x, 0.5);
      for (int k = 0; k < 8; k++) {
        Value above = F.sign(F.add(x, -(k + 0.5) / 8));
        sum = F.add(sum, F.mul(above, 1 / 16.0));
      }
      return sum;
    }
  }

  /** Folds numbers of [0, 1] into teeth, whose slopes of 4 and -2 say nothing of what lies off. */
  private record Teeth() implements Layer {
    private static final int COUNT = 64;

    @Override
    public Shape output(Shape input) {
      return input;
    }

    @Override
    public Value apply(Map<String, Value> params, Value x) {
      Value sum = F.mul(x, 4);
      for (int k = 1; k < COUNT; k++) {
        Value beyond = F.relu(F.add(x, -(double) k / COUNT));
        sum = F.add(sum, F.mul(beyond, k % 2 == 1 ? -6 : 6));
      }
      return sum;
    }
  }

  private static Sequential behind(Layer... first) {
    return new Sequential(
        Shape.of(FEATURES),
        Stream.concat(Arrays.stream(first), Stream.of(new Dense(CLASSES))).toList());
  }

  /** What the attack without random starts left, and the signs on two models, the second scaled. */
  private record Seen(boolean[][] survives, List<MaskingSigns> signs, boolean[][] wrongAtCentre) {}

  private static Seen look(Sequential net, AttackLoss loss) {
    String weight = net.layers().size() - 1 + ".weight";
    String bias = net.layers().size() - 1 + ".bias";
    Map<String, HostTensor> params = new HashMap<>(net.initial(KEYS));
    int each = FEATURES * CLASSES;
    float[] w = new float[2 * each];
    for (int i = 0; i < each; i++) {
      w[i] = (float) Math.sin(5 * i + 2);
      w[each + i] = 1e5f * w[i];
    }
    params.put(weight, HostTensor.of(params.get(weight).shape(), w));
    params.put(bias, HostTensor.of(params.get(bias).shape(), new float[2 * CLASSES]));
    float[] x = new float[SAMPLES * FEATURES];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) (0.5 + 0.5 * Math.sin(7 * i + 1));
    }
    HostTensor points = HostTensor.of(Shape.of(SAMPLES, FEATURES), x);
    try (Device device = new CpuDevice(1, "scalar", "test");
        Models models = Models.of(device, net, params)) {
      HostTensor y = HostTensor.of(Shape.of(SAMPLES), own(net, models, points));
      CurveAttack attack = attack(10, loss);
      int[][] survived =
          new CurveAttacker(device, net, attack).run(models, KEYS, points, y).survived();
      boolean[][] survives = new boolean[2][SAMPLES];
      for (int m = 0; m < 2; m++) {
        for (int n = 0; n < SAMPLES; n++) {
          survives[m][n] = survived[m][n] > 0;
        }
      }
      boolean[][] wrong = new boolean[2][SAMPLES];
      float[] half = new float[FEATURES];
      Arrays.fill(half, 0.5f);
      int centre = own(net, models, HostTensor.of(Shape.of(1, FEATURES), half))[0];
      for (boolean[] row : wrong) {
        for (int n = 0; n < SAMPLES; n++) {
          row[n] = y.get(n) != centre;
        }
      }
      return new Seen(
          survives,
          MaskingSigns.of(models, attack, Optional.of(attack(20, loss)), KEYS, points, y, survives),
          wrong);
    }
  }

  private static CurveAttack attack(int steps, AttackLoss loss) {
    return CurveAttack.of(
            new Pgd(steps, 0.25, false), new Threat(Norm.LINF, Box.UNIT), List.of(EPSILON))
        .withLoss(loss);
  }

  /**
   * Returns the classes that the first model gives: a point falls at once where labelled otherwise.
   */
  private static int[] own(Sequential net, Models models, HostTensor points) {
    int n = points.shape().dim(0);
    int[] classes = new int[n];
    for (int k = 0; k < CLASSES; k++) {
      int[] label = new int[n];
      Arrays.fill(label, k);
      CurveAttack none = CurveAttack.of(Pgd.fgsm(), new Threat(Norm.LINF, Box.UNIT), List.of(0.0));
      int[][] survived =
          new CurveAttacker(models.device(), net, none)
              .run(models, KEYS, points, HostTensor.of(Shape.of(n), label))
              .survived();
      for (int i = 0; i < n; i++) {
        classes[i] = survived[0][i] > 0 ? k : classes[i];
      }
    }
    return classes;
  }

  @Test
  void aLinearClassifierShowsNone() {
    Seen seen = look(behind(), AttackLoss.MARGIN);
    assertThat(seen.signs().get(0).samples()).isEqualTo(SAMPLES);
    assertThat(seen.signs().get(0).shown()).isEmpty();
  }

  @Test
  void aLargeScaleSaturatesTheCrossEntropyOfItsModelAlone() {
    Seen seen = look(behind(), AttackLoss.CROSS_ENTROPY);
    assertThat(seen.signs().get(0).shown()).doesNotContain(Sign.FLAT, Sign.SATURATED);
    MaskingSigns scaled = seen.signs().get(1);
    assertThat(scaled.shown()).contains(Sign.FLAT, Sign.SATURATED, Sign.BLIND);
    // The margin does not mind the scale: the same attack on it finds what the plain model loses.
    MaskingSigns margin = look(behind(), AttackLoss.MARGIN).signs().get(1);
    assertThat(margin.shown()).containsExactly(Sign.SATURATED);
    assertThat(margin.counts().get(Sign.SATURATED)).isEqualTo(scaled.counts().get(Sign.FLAT));
  }

  @Test
  void roundedInputsHaveNoGradientAndAreNotMovedThoughTheCentreIsInReach() {
    Seen seen = look(behind(new Stairs()), AttackLoss.MARGIN);
    MaskingSigns signs = seen.signs().get(0);
    assertThat(seen.survives()[0]).doesNotContain(false);
    int wrong = (int) IntStream.range(0, SAMPLES).filter(n -> seen.wrongAtCentre()[0][n]).count();
    assertThat(wrong).isPositive();
    assertThat(signs.counts())
        .containsEntry(Sign.FLAT, SAMPLES)
        .containsEntry(Sign.SATURATED, SAMPLES)
        .containsEntry(Sign.MISLED, 0)
        .containsEntry(Sign.UNFINISHED, 0)
        .containsEntry(Sign.MISSED, wrong);
    assertThat(signs.counts().get(Sign.BLIND)).isPositive();
    assertThat(signs.shown()).containsExactly(Sign.FLAT, Sign.SATURATED, Sign.BLIND, Sign.MISSED);
  }

  @Test
  void teethMisleadTheGradient() {
    Seen seen = look(behind(new Teeth()), AttackLoss.MARGIN);
    assertThat(seen.signs().get(0).shown()).contains(Sign.MISLED);
  }
}
