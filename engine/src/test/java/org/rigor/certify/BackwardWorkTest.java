// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Activation;
import org.rigor.nn.Conv2d;
import org.rigor.nn.Dense;
import org.rigor.nn.Flatten;
import org.rigor.nn.Layer;
import org.rigor.nn.Network;
import org.rigor.nn.SelfAttention;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.op.Windows;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.workspace.Models;

/** Counts, not times: what CROWN bounds backwards, and when it is refused. */
class BackwardWorkTest {
  private static final int TOKENS = 4;
  private static final int FEATURES = 6;
  private static final int HEADS = 2;

  private static Network net(Shape input, Layer... layers) {
    return new Sequential(input, List.of(layers));
  }

  @Test
  void layersBehindTheFirstAreBoundedBackwards() {
    Network mlp =
        net(
            Shape.of(4),
            new Dense(7),
            Activation.RELU,
            new Dense(5),
            Activation.RELU,
            new Dense(3));
    assertThat(BackwardWork.of(mlp, Norm.LINF).units()).isEqualTo(5);
    assertThat(BackwardWork.of(mlp, Norm.L2).units()).isEqualTo(7 + 5); // the dual norm of a ball
    BackwardWork linf = BackwardWork.of(mlp, Norm.LINF);
    // 4 inputs; 7 products, sums and units; 5 products and sums; 2 rows a unit
    assertThat(linf.coefficients()).isEqualTo(2.0 * 5 * (4 + 3 * 7 + 2 * 5));
  }

  /** Products of matrices repeat their elements, each of which is bounded once. */
  @Test
  void elementsThatAProductRepeatsAreBoundedOnce() {
    Network attention =
        net(Shape.of(TOKENS, FEATURES), new SelfAttention(HEADS), new Flatten(), new Dense(3));
    // differences of scores, their sums of exponentials, the probabilities; queries, keys and
    // values are affine in the input
    int scores = HEADS * TOKENS * TOKENS;
    assertThat(BackwardWork.of(attention, Norm.LINF).units())
        .isLessThanOrEqualTo(scores * TOKENS + 2L * scores);
  }

  @Test
  void whatWouldNotEndIsRefusedWithItsNumbers() {
    Network wide =
        net(
            Shape.of(32, 32, 3),
            new Conv2d(64, Windows.of(3, 3), 1, true),
            Activation.RELU,
            new Conv2d(64, Windows.of(3, 3), 1, true),
            Activation.RELU,
            new Conv2d(64, Windows.of(3, 3), 1, true),
            Activation.RELU,
            new Flatten(),
            new Dense(3));
    try (Device device = new CpuDevice(1, "scalar", "test");
        Models models = Models.of(device, wide, wide.initial(List.of(TrialKey.of(1, "wide"))));
        Certifier crown =
            new Certifier(models, List.of(new Crown(false), new Crown()), Box.UNIT, Norm.LINF);
        Certifier ibp = new Certifier(models, List.of(new Crown(false)), Box.UNIT, Norm.LINF)) {
      ibp.requireRules();
      assertThatThrownBy(crown::requireRules)
          .isInstanceOf(TooDearException.class)
          .hasMessageContaining("crown bounds")
          .hasMessageContaining("hidden units backwards");
    }
  }
}
