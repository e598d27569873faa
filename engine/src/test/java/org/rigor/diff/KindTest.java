// SPDX-License-Identifier: Apache-2.0
package org.rigor.diff;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class KindTest {
  @Test
  void theWeakerOfTwoKindsIsWhatBothSupport() {
    assertThat(Kind.EXACT.weaker(Kind.CERTIFIED)).isEqualTo(Kind.CERTIFIED);
    assertThat(Kind.BOUND.weaker(Kind.CERTIFIED)).isEqualTo(Kind.BOUND);
    assertThat(Kind.BOUND.weaker(Kind.ESTIMATE)).isEqualTo(Kind.ESTIMATE);
    for (Kind a : Kind.values()) {
      assertThat(a.weaker(a)).isEqualTo(a);
      for (Kind b : Kind.values()) {
        assertThat(a.weaker(b)).isEqualTo(b.weaker(a));
      }
    }
  }
}
