// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ResultsTest {
  private static final String OURS =
      """
      {"kind": "machine", "tool": "rigor-cpu", "device": "cpu: x", "date": "d", "sizes": "full"}
      {"kind": "yardstick", "tool": "rigor-cpu", "copyGBs": 10, "f32TFLOPs": 1, "f64TFLOPs": 0.5}
      {"kind": "time", "tool": "rigor-cpu", "work": "b", "m": 1, "title": "t", "precision": "f32",
       "ms": 8, "least": 7, "most": 9, "repeats": 21, "flops": 4e9, "bytes": 1e7}
      {"kind": "agree", "tool": "rigor-cpu", "work": "b", "values": [2.0, 1.0, 0.5]}
      """;

  private static JsonObject results(String... peers) {
    String text = OURS + String.join("\n", peers);
    return Results.of(
        Stream.of(text.replace("\n ", " ").split("\n"))
            .map(line -> JsonParser.parseString(line).getAsJsonObject())
            .toList());
  }

  private static String time(String tool, double ms, String precision) {
    return """
    {"kind": "time", "tool": "%s", "work": "b", "m": 1, "precision": "%s", "ms": %s}\
    """
        .formatted(tool, precision, ms);
  }

  private static String agree(String tool, String values) {
    return """
    {"kind": "agree", "tool": "%s", "work": "b", "values": %s}\
    """
        .formatted(tool, values);
  }

  private static JsonObject peer(JsonObject results, String tool) {
    JsonObject work = results.getAsJsonArray("works").get(0).getAsJsonObject();
    return work.getAsJsonObject("peers").getAsJsonObject(tool);
  }

  @Test
  void theFloorIsTheLargerOfArithmeticAndTraffic() {
    JsonObject work = results().getAsJsonArray("works").get(0).getAsJsonObject();
    // 4e9 operations at 1e12 a second; 1e7 bytes at 1e10 would be 1 ms.
    assertThat(work.get("floorMs").getAsDouble()).isCloseTo(4, within(1e-12));
    assertThat(work.get("gap").getAsDouble()).isCloseTo(2, within(1e-12));
  }

  /** What was measured is faster than the floor of its yardstick: the floor is wrong. */
  @Test
  void aFloorAboveTheTimeIsRefused() {
    String time =
        """
        {"kind": "time", "tool": "rigor-cpu", "work": "b", "m": 2, "precision": "f32", "ms": 3.9,
         "flops": 4e9, "bytes": 1e7}\
        """
            .replace("\n ", " ");
    JsonObject r = results(time);
    JsonObject refused = r.getAsJsonArray("works").get(1).getAsJsonObject();
    assertThat(refused.has("gap")).isFalse();
    assertThat(refused.has("floorMs")).isFalse();
    assertThat(refused.get("noFloor").getAsString()).contains("3.9").contains("4");
    assertThat(ResultTable.markdown(r)).contains("FLOOR REFUSED, b M=2").contains("| refused |");
  }

  @Test
  void whatACallAsksOfTheDeviceStandsBesideItsTime() {
    String time =
        """
        {"kind": "time", "tool": "rigor-cpu", "work": "e1", "m": 1, "precision": "f32", "ms": 8,
         "traffic": {"launches": 16, "replays": 7, "nodes": 2493,
          "toDevice": {"count": 9, "bytes": 201748}, "toHost": {"count": 13, "bytes": 7448},
          "within": {"count": 12, "bytes": 3231864}, "waits": 13, "drains": 8}}\
        """
            .replaceAll("\n +", " ");
    assertThat(ResultTable.markdown(results(time)))
        .contains("| e1 | 1 | 16 | 7 (2493) | 9, 201,748 | 13, 7,448 | 12, 3,231,864 | 13 | 8 |");
    assertThat(ResultTable.markdown(results())).doesNotContain("launches");
  }

  @Test
  void aYardstickThatContradictsItselfGivesNoFloors() {
    JsonObject r =
        results(
            """
            {"kind": "yardstick", "tool": "rigor-cpu", "copyGBs": 10, "f32TFLOPs": 0.0045, \
            "f64TFLOPs": 0.0075, "refused": "doubles were faster"}\
            """);
    JsonObject work = r.getAsJsonArray("works").get(0).getAsJsonObject();
    assertThat(work.has("gap")).isFalse();
    assertThat(ResultTable.markdown(r)).contains("NO FLOORS").contains("doubles were faster");
  }

  @Test
  void aRatioStandsOnlyWhereResultsAndPrecisionsAgree() {
    JsonObject r =
        results(
            time("same", 16, "f32"),
            agree("same", "[2.0001, 1.0, 0.5]"),
            time("other", 4, "f32"),
            agree("other", "[2.0, 1.0, 0.51]"),
            time("nan", 4, "f32"),
            agree("nan", "[2.0, 1.0, NaN]"),
            time("fewer", 4, "f32"),
            agree("fewer", "[2.0, 1.0]"),
            time("unchecked", 4, "f32"),
            time("wide", 4, "f64"),
            agree("wide", "[2.0, 1.0, 0.5]"));
    assertThat(peer(r, "same").get("ratio").getAsDouble()).isCloseTo(2, within(1e-12));
    Map.of(
            "other", "results differ",
            "nan", "results differ",
            "fewer", "results differ",
            "unchecked", "not checked",
            "wide", "precisions differ")
        .forEach(
            (tool, why) -> {
              assertThat(peer(r, tool).has("ratio")).as(tool).isFalse();
              assertThat(peer(r, tool).get("noRatio").getAsString()).isEqualTo(why);
            });
    assertThat(ResultTable.markdown(r))
        .contains("same 16 (2.00)")
        .contains("other 4 (results differ)");
  }

  @Test
  void aFasterPeerIsNamedEvenIfNoRatioStands() {
    String page =
        ResultTable.markdown(
            results(
                time("faster", 4, "f32"),
                agree("faster", "[2.0, 1.0, 0.5]"),
                time("unlike", 5, "f32"),
                time("slower", 16, "f32")));
    assertThat(page)
        .contains("- SLOWER than faster, b M=1: 8 ms against 4\n")
        .contains("- SLOWER than unlike, b M=1: 8 ms against 5; not checked")
        .doesNotContain("SLOWER than slower");
  }

  @Test
  void timesOfFewRunsAreNamedAndTheFirstCallIsShown() {
    String few =
        """
        {"kind": "time", "tool": "jax", "work": "b", "m": 1, "precision": "f32", "ms": 16,
         "least": 15, "most": 17, "repeats": 2, "firstMs": 900}\
        """
            .replace("\n ", " ");
    assertThat(ResultTable.markdown(results(few)))
        .contains("- FEWER than 7 times, b M=1: jax 2\n")
        .contains("| 8 | 7 to 9, 21 |")
        .contains("jax 16 (not checked) 15 to 17, 2, first 900");
  }

  /** The yardstick is the engine's own product, which another library may beat. */
  @Test
  void aFloorAboveTheTimeOfAPeerIsRefused() {
    JsonObject work =
        results(time("fast", 3, "f32")).getAsJsonArray("works").get(0).getAsJsonObject();
    assertThat(work.has("floorMs")).isFalse();
    assertThat(work.get("noFloor").getAsString()).contains("3.000", "4.000");
  }

  /** An attack from random starts may be stronger than the peer's, hardly weaker. */
  @Test
  void attackedAccuracyOfRandomStartsIsAtMostThePeers() {
    double[] ours = {0.70};
    assertThat(Agreement.of("j2", ours, new double[] {0.74})).isLessThan(1);
    assertThat(Agreement.of("j2", ours, new double[] {0.68})).isGreaterThan(1);
    assertThat(Agreement.of("e1", ours, new double[] {0.72})).isGreaterThan(1);
    assertThat(Agreement.of("i3", new double[] {5, 9, -2}, new double[] {5.0004, 9, -2}))
        .isCloseTo(0.8, within(1e-9));
  }

  @Test
  void aLaterTimeOfTheSameReplacesTheEarlier() {
    JsonObject r =
        results(time("jax", 99, "f32"), agree("jax", "[2.0, 1.0, 0.5]"), time("jax", 4, "f32"));
    assertThat(peer(r, "jax").get("ms").getAsDouble()).isEqualTo(4);
  }

  @Test
  void twoResultsAreSetSideBySideToolByTool() {
    JsonObject a = results(time("jax", 16, "f32"), agree("jax", "[2.0, 1.0, 0.5]"));
    JsonObject b = results(time("torch", 4, "f32"), agree("torch", "[2.0, 1.0, 0.5]"));
    b.getAsJsonArray("works").get(0).getAsJsonObject().addProperty("ms", 2);
    String text = ResultComparison.text(a, b);
    assertThat(text)
        .containsPattern("b, M=1, rigor +8 +2 +4.00")
        .containsPattern("b, M=1, jax +16 +- +-")
        .containsPattern("b, M=1, torch +- +4 +-");
    b.getAsJsonObject("machine").addProperty("sizes", "reduced");
    assertThat(ResultComparison.text(a, b)).contains("sizes differ").doesNotContain("4.00");
  }

  @Test
  void throttlingIsSeenInWhatNvidiaSmiSays() {
    Map<String, Object> found = new java.util.LinkedHashMap<>();
    MachineWatch.gpu(
        List.of(
            "210, 2619, 30, 70.1, 0x0000000000000001", // idle: left out
            "1980, 2619, 55, 600.0, 0x0000000000000000",
            "1400, 2619, 84, 500.0, 0x0000000000000020"),
        found);
    assertThat(found)
        .containsEntry("samples", 2)
        .containsEntry("smClockMHz", List.of(1400.0, 1980.0))
        .containsEntry("temperatureC", 84.0)
        .containsEntry("throttled", List.of("software thermal slowdown"));
  }
}
