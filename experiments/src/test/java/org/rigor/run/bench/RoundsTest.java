// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.function.DoubleSupplier;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;

/** Works on a clock of their own: what they take moves it. */
class RoundsTest {
  private long now;

  private DoubleSupplier work(IntToDoubleFunction milliseconds) {
    int[] run = new int[1];
    return () -> {
      double ms = milliseconds.applyAsDouble(run[0]++);
      now += (long) (1e6 * ms);
      return ms;
    };
  }

  private double[] medians(DoubleSupplier... works) {
    return Rounds.medians(60, () -> now, List.of(works));
  }

  /** A compiler makes the first work fast only after 200 runs; the second profits at once. */
  @Test
  void workIsTimedOnlyOnceItGetsNoFaster() {
    double[] ms = medians(work(run -> 1 + 20.0 / (1 + run)), work(run -> 2));
    assertThat(ms[0]).isCloseTo(1, within(0.05));
    assertThat(ms[1]).isEqualTo(2);
  }

  /** Another program takes half of the machine for a while. */
  @Test
  void aDisturbanceOfSomeRoundsDoesNotCount() {
    double[] ms =
        medians(
            work(run -> now > 2_000_000_000L && now < 20_000_000_000L ? 9 : 3),
            work(run -> run % 7 == 0 ? 100 : 5));
    assertThat(ms).containsExactly(3, 5);
  }

  @Test
  void aBudgetOfNothingStillWarmsUpAndTakesAllRounds() {
    int[] runs = new int[1];
    DoubleSupplier counted =
        () -> {
          runs[0]++;
          return 1;
        };
    assertThat(Rounds.medians(0, () -> now, List.of(counted))).containsExactly(1);
    assertThat(runs[0]).isEqualTo(3 * 5 + 3 * Rounds.ROUNDS);
  }

  @Test
  void doublesFasterThanFloatsAreNoYardstick() {
    assertThat(Yardstick.rates(2e9, 20, 40))
        .containsEntry(Yardstick.F32, 0.1)
        .containsEntry(Yardstick.F64, 0.05)
        .doesNotContainKey(Yardstick.REFUSED);
    assertThat(Yardstick.rates(2e9, 45, 27)).containsKey(Yardstick.REFUSED);
  }
}
