// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Works on a clock of their own: what they take moves it. */
class StopwatchTest {
  private long now;

  private Stopwatch.Times time(PeerTurns peers, double budgetSeconds, double... seconds) {
    Stopwatch watch = new Stopwatch(peers, () -> now);
    now += 2_000_000_000L; // preparing
    return watch.time(
        budgetSeconds, run -> now += (long) (1e9 * seconds[Math.min(run, seconds.length - 1)]));
  }

  @Test
  void theFirstCallHoldsWhatWasPreparedAndIsNoneOfTheTimes() {
    Stopwatch.Times t = time(PeerTurns.NONE, 1000, 5, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4, 2);
    assertThat(t.first()).isEqualTo(7000);
    assertThat(t.repeats()).isEqualTo(51);
    assertThat(t.least()).isEqualTo(2000);
    assertThat(t.median()).isEqualTo(2000);
    assertThat(t.most()).isEqualTo(4000);
  }

  /** Each seventh run is a little faster than all before, until the 64th. */
  @Test
  void runsThatStillGetFasterAreNoneOfTheTimes() {
    double[] seconds = new double[100];
    for (int i = 0; i < seconds.length; i++) {
      seconds[i] = Math.min(i, 63) % 7 == 0 ? 2 - Math.min(i, 63) / 63.0 : 3;
    }
    Stopwatch.Times t = time(PeerTurns.NONE, 1000, seconds);
    assertThat(t.least()).isEqualTo(1000);
    assertThat(t.most()).isEqualTo(1000);
  }

  @Test
  void aShortBudgetIsOverrunForEnoughTimes() {
    assertThat(time(PeerTurns.NONE, 3, 1).repeats()).isEqualTo(Stopwatch.ENOUGH);
  }

  @Test
  void aLongFirstCallTakesNoTimeFromTheRunsThatCount() {
    assertThat(time(PeerTurns.NONE, 3, 100, 0.05).repeats()).isEqualTo(51);
  }

  @Test
  void slowWorkEndsAtFourTimesTheBudgetWithFewer() {
    assertThat(time(PeerTurns.NONE, 1, 1).repeats()).isEqualTo(4);
    assertThat(time(PeerTurns.NONE, 1, 100).repeats()).isEqualTo(1);
  }

  /** What peers take is none of the budget; they run once after each of Rigor's runs. */
  @Test
  void peersTakeTurns() {
    List<String> seen = new ArrayList<>();
    PeerTurns peers =
        new PeerTurns() {
          @Override
          public void prepare(double budgetSeconds) {
            seen.add("prepare " + budgetSeconds);
          }

          @Override
          public void take() {
            seen.add("turn");
            now += 100_000_000_000L;
          }

          @Override
          public void end() {
            seen.add("end");
          }
        };
    assertThat(time(peers, 3, 1).repeats()).isEqualTo(Stopwatch.ENOUGH);
    assertThat(seen)
        .hasSize(2 + Stopwatch.ENOUGH)
        .startsWith("prepare 3.0", "turn")
        .endsWith("end");
  }
}
