// SPDX-License-Identifier: Apache-2.0
package org.rigor.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.rigor.certify.OverflowException;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Activation;
import org.rigor.nn.Sequential;
import org.rigor.property.Clause;
import org.rigor.property.Property;
import org.rigor.property.RoundedProblem;
import org.rigor.property.vnnlib.VnnLib;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.verify.Verdict.Answer;
import org.rigor.workspace.Models;

/** Verdicts on y = (relu(x0 + x1), relu(x0 - x1)), whose ranges are known in closed form. */
class DeciderTest {
  private static Device device;
  private static Models network;

  @BeforeAll
  static void open() {
    device = new CpuDevice(2, "scalar", "test");
    network = models(1);
  }

  @AfterAll
  static void close() {
    network.close();
    device.close();
  }

  private static Models models(int count) {
    Sequential net = Sequential.mlp(Shape.of(2), List.of(2), Activation.RELU, 2);
    float[][] values = {{1, 1, 1, -1}, {0, 0}, {1, 0, 0, 1}, {0, 0}};
    Map<String, HostTensor> params = new LinkedHashMap<>();
    int i = 0;
    for (var p : net.parameters()) {
      float[] own = values[i++];
      float[] all = new float[count * own.length];
      for (int m = 0; m < count; m++) {
        System.arraycopy(own, 0, all, m * own.length, own.length);
      }
      params.put(p.name(), HostTensor.of(p.shape().insert(0, count), all));
    }
    return Models.of(device, net, params);
  }

  private static Property property(String x0, String x1, String unsafe) {
    String text =
        """
        (declare-const X_0 Real) (declare-const X_1 Real)
        (declare-const Y_0 Real) (declare-const Y_1 Real)
        (assert (>= X_0 %s)) (assert (<= X_0 %s))
        (assert (>= X_1 %s)) (assert (<= X_1 %s))
        %s
        """
            .formatted(
                x0.split(" ")[0], x0.split(" ")[1], x1.split(" ")[0], x1.split(" ")[1], unsafe);
    return VnnLib.parse("p", text.getBytes(StandardCharsets.UTF_8)).property();
  }

  private static List<Verdict> decide(double seconds, Property... properties) {
    Verdict[] found = new Verdict[properties.length];
    try (Decider decider = new Decider(network)) {
      decider.decide(
          List.of(properties),
          seconds,
          () -> false,
          (i, v) -> {
            assertThat(found[i]).as("said once").isNull();
            found[i] = v;
          });
    }
    return List.of(found);
  }

  /** On [1, 2] x [0, 1/2] both units are linear: y0 in [1, 2.5], y1 in [0.5, 2]. */
  @Test
  void verifiesAndViolatesUpToTheClosedForm() {
    List<Verdict> all =
        decide(
            10,
            property("1 2", "0 0.5", "(assert (<= Y_0 0.9999999999))"),
            property("1 2", "0 0.5", "(assert (<= Y_0 1.0000000001))"),
            property("1 2", "0 0.5", "(assert (or (>= Y_0 2.6) (and (<= Y_1 0.4) (>= Y_0 1.5))))"),
            property("1 2", "0 0.5", "(assert (or (>= Y_0 2.6) (and (<= Y_1 0.6) (>= Y_0 1.4))))"),
            property("1 2", "0 0.5", "(assert (>= (- Y_0 X_0) 0.25)) (assert (<= Y_1 0.55))"));
    assertThat(all.stream().map(Verdict::answer))
        .containsExactly(
            Answer.VERIFIED, Answer.VIOLATED, Answer.VERIFIED, Answer.VIOLATED, Answer.VIOLATED);
    assertThat(all.get(0).bound()).isBetween(0.0, 1e-9);
    assertThat(all.get(0).refuted()).isEqualTo(1);
    Counterexample touching = all.get(1).counterexample().orElseThrow();
    assertThat(touching.point().floats()).containsExactly(1, 0);
    assertThat(touching.floatOutputs()).containsExactly(1, 1);
    assertThat(touching.floatViolates()).isTrue();
    assertThat(all.get(3).counterexample().orElseThrow().clause()).isEqualTo(1);
  }

  /** Whatever stands beside a property in the job leaves no trace in its counterexample. */
  @Test
  void aPropertyAloneIsDecidedAsAmongOthers() {
    Property p = property("-1 1", "-1 1", "(assert (>= Y_0 1.25)) (assert (>= Y_1 0.25))");
    Property other = property("-1 1", "-0.5 1", "(assert (or (>= Y_0 9) (>= Y_1 1.4)))");
    Counterexample alone = decide(10, p).get(0).counterexample().orElseThrow();
    Counterexample among = decide(10, other, p).get(1).counterexample().orElseThrow();
    assertThat(among.point().floats()).isEqualTo(alone.point().floats());
  }

  @Test
  void withoutTimeNothingIsKnown() {
    Verdict v = decide(0, property("1 2", "0 0.5", "(assert (<= Y_0 0.5))")).get(0);
    assertThat(v.answer()).isEqualTo(Answer.UNKNOWN);
    assertThat(v.bound()).isEqualTo(Double.NEGATIVE_INFINITY);
    assertThat(v.by()).isEqualTo("timeout");
    assertThat(v.clauses()).isEqualTo(1);
    assertThat(v.refuted()).isZero();
  }

  @Test
  void stoppingKeepsWhatIsDecided() {
    Property unsafe = property("1 2", "0 0.5", "");
    Property open = property("1 2", "0 0.5", "(assert (<= Y_0 0.5))");
    List<String> said = new ArrayList<>();
    boolean[] stop = new boolean[1];
    try (Decider decider = new Decider(network)) {
      decider.decide(
          List.of(unsafe, open),
          10,
          () -> stop[0],
          (i, v) -> {
            said.add(i + " " + v.answer());
            stop[0] = true;
          });
    }
    assertThat(said).containsExactly("0 VIOLATED", "1 UNKNOWN");
  }

  @Test
  void memoryThatRunsOutKeepsWhatIsDecided() {
    Property unsafe = property("1 2", "0 0.5", "");
    Property open = property("1 2", "0 0.5", "(assert (<= Y_0 0.5))");
    List<String> said = new ArrayList<>();
    try (Decider decider = new Decider(network)) {
      decider.decide(
          List.of(unsafe, open),
          10,
          () -> {
            if (said.isEmpty()) {
              return false;
            }
            throw new OutOfMemoryError("for the test");
          },
          (i, v) -> said.add(i + " " + v.answer() + " " + v.by()));
    }
    assertThat(said).containsExactly("0 VIOLATED region", "1 UNKNOWN memory");
  }

  @Test
  void aFullDiskKeepsWhatIsDecided() {
    Property unsafe = property("1 2", "0 0.5", "");
    Property open = property("1 2", "0 0.5", "(assert (<= Y_0 0.5))");
    List<String> said = new ArrayList<>();
    try (Decider decider = new Decider(network)) {
      decider.decide(
          List.of(unsafe, open),
          10,
          () -> {
            if (said.isEmpty()) {
              return false;
            }
            throw new OverflowException("for the test", null);
          },
          (i, v) -> said.add(i + " " + v.answer() + " " + v.by()));
    }
    assertThat(said).containsExactly("0 VIOLATED region", "1 UNKNOWN disk");
  }

  /** An input that is 0.1 is no float: the decimal counts, the float beside it is reported. */
  @Test
  void aFixedInputIsItsDecimal() {
    Verdict v = decide(10, property("0.1 0.1", "0 1", "(assert (>= Y_0 1.099))")).get(0);
    Counterexample c = v.counterexample().orElseThrow();
    assertThat(c.point().exact()[0]).isEqualByComparingTo("0.1");
    assertThat(c.point().floats()[0]).isEqualTo(0.1f);
    assertThat(c.point().outside()).isEqualTo(1);
    assertThat(c.floatViolates()).as("0.1f > 0.1 is outside the region").isFalse();
  }

  /** Sides of decimals are not floats: a proposal at a side is moved to the float inside. */
  @Test
  void pointsMoveInsideTheDecimals() {
    Clause c = property("0.1 0.3", "0 1", "(assert (>= Y_0 0))").clauses().get(0);
    Point low = Point.of(c.box(), new double[] {0.1, Double.NaN});
    Point high = Point.of(c.box(), new double[] {0.3, 7});
    assertThat(new BigDecimal(0.1f)).isGreaterThan(new BigDecimal("0.1"));
    assertThat(new BigDecimal(0.3f)).isGreaterThan(new BigDecimal("0.3"));
    assertThat(low.floats()).containsExactly(0.1f, 0);
    assertThat(high.floats()).containsExactly(Math.nextDown(0.3f), 1);
    assertThat(c.contains(low.exact())).isTrue();
    assertThat(c.contains(high.exact())).isTrue();
  }

  /** A gap of 1e-12 between decimals holds doubles, but no float. */
  @Test
  void aBoxWithoutFloatsHasDoublesOrItsSide() {
    Clause c = property("0.1 0.100000000001", "0.3 0.3", "(assert (>= Y_0 0))").clauses().get(0);
    Point p = Point.of(c.box(), new double[] {0.1f, 0.3});
    assertThat(p.outside()).isEqualTo(2);
    assertThat(p.exact()[0]).isEqualByComparingTo(new BigDecimal(0.100000000001));
    assertThat(p.exact()[1]).isEqualByComparingTo("0.3");
    assertThat(c.contains(p.exact())).isTrue();
  }

  /** Points the search points to may leave the region; only what lies inside counts. */
  @Test
  void aPointIsMovedIntoTheRegionBeforeItCounts() {
    Property p = property("0 1", "0 1", "(assert (>= Y_0 3))");
    try (PointCheck check = new PointCheck(network)) {
      Optional<Counterexample> found = check.check(0, p.clauses().get(0), 0, new double[] {5, 5});
      assertThat(found).as("y0 = 10 at (5, 5), 2 at the corner (1, 1)").isEmpty();
    }
  }

  @Test
  void constraintsAcrossInputsHoldAtTheCounterexample() {
    String apart = "(assert (<= (+ X_0 X_1) -0.5)) (assert (>= Y_1 1))";
    Counterexample c =
        decide(10, property("-1 1", "-1 1", apart)).get(0).counterexample().orElseThrow();
    assertThat(c.point().exact()[0].add(c.point().exact()[1]))
        .isLessThanOrEqualTo(new BigDecimal("-0.5"));
  }

  @Test
  void anEmptyRegionIsDecidedByTheRegion() {
    Verdict v = decide(10, property("1 0", "0 1", "(assert (<= Y_0 9))")).get(0);
    assertThat(v.answer()).isEqualTo(Answer.VERIFIED);
    assertThat(v.by()).isEqualTo("region");
  }

  @Test
  void sizesMustMatch() {
    String text =
        "(declare-const X_0 Real)(declare-const Y_0 Real)(assert (<= X_0 1))(assert (>= X_0 0))";
    Property p = VnnLib.parse("p", text.getBytes(StandardCharsets.UTF_8)).property();
    assertThatThrownBy(() -> decide(1, p))
        .hasMessage("decide: the network has 2 inputs and 2 outputs, the property 1 and 1");
  }

  /** Each model of a pack gets the proposals it gets alone. */
  @Test
  void modelsAreAttackedTogetherAsAlone() {
    List<RoundedProblem> problems =
        RoundedProblem.of(property("-1 1", "-1 1", "(assert (>= Y_0 1.25))"));
    List<ClauseAttack.Target> targets = List.of(new ClauseAttack.Target(0, 0));
    try (Models three = models(3);
        ClauseAttack together = new ClauseAttack(three, problems, 3);
        ClauseAttack alone = new ClauseAttack(network, problems, 3)) {
      ClauseAttack.Proposals all = together.run(targets, 0, 3);
      ClauseAttack.Proposals one = alone.run(targets, 0, 3);
      for (int m = 0; m < 3; m++) {
        assertThat(all.values()[m]).isEqualTo(one.values()[0]);
        assertThat(all.points()[m]).isEqualTo(one.points()[0]);
      }
      ClauseAttack.Proposals last = alone.run(targets, 2, 3);
      assertThat(last.points()[0][0]).isEqualTo(one.points()[0][2]);
    }
  }

  /** From a point where no row has a gradient nothing is found, from one beside it all is. */
  @Test
  void polishingStartsAtThePointsGiven() {
    List<RoundedProblem> problems =
        RoundedProblem.of(
            property("-1 1", "-1 1", "(assert (>= Y_0 1.25)) (assert (>= Y_1 0.25))"));
    ClauseAttack.Target t = new ClauseAttack.Target(0, 0);
    try (ClauseAttack attack = new ClauseAttack(network, problems, 3)) {
      ClauseAttack.Proposals all =
          attack.polish(List.of(t, t), List.of(new double[] {-1, -1}, new double[] {0.5, 0.25}));
      assertThat(all.points()[0][0]).containsExactly(-1, -1);
      assertThat(all.values()[0][0]).isEqualTo(1.25f);
      assertThat(all.values()[0][1]).isLessThanOrEqualTo(0);
    }
  }
}
