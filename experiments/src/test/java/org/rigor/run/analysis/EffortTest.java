// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.rigor.exec.Spent;
import org.rigor.verify.Verdict;
import org.rigor.verify.Verdict.Answer;

class EffortTest {
  private static Verdict verdict(Answer answer, double seconds, long cells, long iterations) {
    return new Verdict(
        answer, Optional.empty(), 0, 1, 0, "search", cells, iterations, seconds, List.of());
  }

  private static final List<Verdict> ALL =
      List.of(
          verdict(Answer.VERIFIED, 0.5, 0, 60),
          verdict(Answer.VIOLATED, 1, 10, 140),
          verdict(Answer.VERIFIED, 59, 90, 3800),
          verdict(Answer.UNKNOWN, 2, 900, 96000));

  /** Of 50 s, 20 in products; 4 + 1 + 5 in what encloses rounding, and the rest in ascents. */
  @Test
  void countsWhatIsDecidedAndSharesOutTheTime() {
    Spent spent =
        new Spent(
            Map.of(
                "row-judge",
                4.0,
                "row-judge-once",
                1.0,
                "certify-crown",
                5.0,
                "row-gradient",
                30.0,
                "points-float",
                2.0,
                "certify-turn",
                3.0),
            20);
    Effort effort = new Effort(50, Optional.of(spent));
    assertThat(effort.text(ALL))
        .isEqualTo(
            "decided: 2 in 1 s, 2 in 10 s, 3 in 60 s; 1,000 cells, 100,000 rows times steps of"
                + " ascent; 20 and 2,000 a second\n"
                + "time: 40 % in matrix products, 20 % in bounds with rounding enclosed\n");
    JsonObject o = effort.json(ALL);
    assertThat(o.get("decided_within_seconds")).hasToString("{\"1\":2,\"10\":2,\"60\":3}");
    assertThat(o.get("cells_per_second").getAsDouble()).isEqualTo(20);
    assertThat(o.get("row_iterations_per_second").getAsDouble()).isEqualTo(2000);
    assertThat(o.get("share_in_products").getAsDouble()).isEqualTo(0.4);
    assertThat(o.get("share_in_enclosed_bounds").getAsDouble()).isEqualTo(0.2);
  }

  @Test
  void aDeviceThatDoesNotTellLeavesSharesOut() {
    Effort effort = new Effort(50, Optional.empty());
    assertThat(effort.text(ALL)).doesNotContain("time:");
    assertThat(effort.json(ALL).keySet()).noneMatch(k -> k.startsWith("share"));
  }
}
