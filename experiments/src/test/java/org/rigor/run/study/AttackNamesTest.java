// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.rigor.attack.ImageLayout;
import org.rigor.attack.Square;
import org.rigor.tensor.Shape;

class AttackNamesTest {
  /** Taken as [C, H, W], a grey image of a study would be attacked through windows of one pixel. */
  @Test
  void squaresOfAStudysImagesHaveTheirChannelsLast() {
    ImageLayout grey = new ImageLayout(8, 6, 1, false);
    assertThat(AttackNames.of(Optional.of("square"), 10, 0.1, Shape.of(8, 6, 1)))
        .isEqualTo(new Square(10, Optional.of(grey)));
    assertThat(AttackNames.of(Optional.of("square"), 10, 0.1, Shape.of(48)))
        .isEqualTo(Square.of(10));
  }
}
