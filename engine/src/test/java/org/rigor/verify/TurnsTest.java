// SPDX-License-Identifier: Apache-2.0
package org.rigor.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Lines take turns, whoever is first in them. */
class TurnsTest {
  private static Turns<Integer> turns(int most, int[]... lines) {
    Turns<Integer> t = new Turns<>(lines.length, Comparator.naturalOrder(), most);
    for (int i = 0; i < lines.length; i++) {
      for (int v : lines[i]) {
        t.add(i, v);
      }
    }
    return t;
  }

  @Test
  void eachLineHasItsTurn() {
    Turns<Integer> t = turns(9, new int[] {3, 1, 2}, new int[] {}, new int[] {20, 10});
    assertThat(t.take(3, i -> true, v -> {})).containsExactly(1, 10, 2);
    assertThat(t.take(9, i -> true, v -> {})).as("goes on behind").containsExactly(20, 3);
    assertThat(t.goOn()).isFalse();
    assertThat(t.take(1, i -> true, v -> {})).isEmpty();
  }

  @Test
  void linesThatNobodyWantsEnd() {
    Turns<Integer> t = turns(9, new int[] {1, 2}, new int[] {10, 11});
    List<Integer> dropped = new ArrayList<>();
    assertThat(t.take(9, i -> i == 1, dropped::add)).containsExactly(10, 11);
    assertThat(dropped).containsExactlyInAnyOrder(1, 2);
    assertThat(t.all()).isEmpty();
  }

  @Test
  void aLineThatIsTooLongHoldsUpNobody() {
    Turns<Integer> t = turns(2, new int[] {1, 2, 3}, new int[] {10, 11});
    assertThat(t.isFull(0)).isTrue();
    assertThat(t.take(9, i -> true, v -> {})).containsExactly(10, 11);
    assertThat(t.goOn()).isFalse();
    assertThat(t.all()).containsExactlyInAnyOrder(1, 2, 3);
  }
}
