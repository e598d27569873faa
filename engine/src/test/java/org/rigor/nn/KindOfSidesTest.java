// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.rigor.diff.Kind;
import org.rigor.op.Windows;
import org.rigor.tensor.Shape;

/** Which networks' enclosed numbers may be called certified. */
class KindOfSidesTest {
  private static final Set<Activation> PROVED =
      Set.of(Activation.RELU, Activation.LEAKY_RELU, Activation.J_SQUARED_RELU);

  @ParameterizedTest
  @EnumSource(Activation.class)
  void functionsWithMeasuredRoundingGiveBoundsOnly(Activation activation) {
    Kind expected = PROVED.contains(activation) ? Kind.CERTIFIED : Kind.BOUND;
    Sequential mlp = Sequential.mlp(Shape.of(4), List.of(3), activation, 2);
    assertThat(mlp.kindOfSides()).isEqualTo(expected);
    Sequential images =
        new Sequential(
            Shape.of(4, 4, 1),
            List.of(
                new Conv2d(2, Windows.of(3).padding(1)),
                new BatchNorm(),
                new Residual(List.of(activation)),
                new MaxPool2d(Windows.of(2)),
                new Flatten(),
                new Dense(2)));
    assertThat(images.kindOfSides()).isEqualTo(expected);
  }
}
