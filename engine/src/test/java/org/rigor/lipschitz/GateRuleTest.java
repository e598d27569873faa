// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.MissingRuleException;
import org.rigor.ir.Range;
import org.rigor.ir.Value;
import org.rigor.nn.Activation;
import org.rigor.nn.Sequential;
import org.rigor.op.Erf;
import org.rigor.op.F;
import org.rigor.op.Sigmoid;
import org.rigor.op.Tanh;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;

/** Slopes of units that gate themselves: constants against 60 digits, bounds against the truth. */
class GateRuleTest {
  private static final Device DEVICE = new CpuDevice(1, "scalar", "test");
  private static final MathContext DIGITS = new MathContext(60);
  private static final BigDecimal ONE = BigDecimal.ONE;
  private static final BigDecimal TWO = BigDecimal.valueOf(2);

  /** Largest derivatives: (1 + v) / 2 with v tanh v = 1, and (1 + erf 1) / 2 + 1 / (e sqrt(pi)). */
  private static final double SILU = 1.0998393201288669;

  private static final double GELU = 1.1289041451851548;

  @AfterAll
  static void close() {
    DEVICE.close();
  }

  private static BigDecimal exp(BigDecimal x) {
    BigDecimal part = x.divide(BigDecimal.valueOf(1L << 12), DIGITS);
    BigDecimal sum = ONE;
    BigDecimal term = ONE;
    for (int k = 1; k < 25; k++) { // |part| <= 2^-7: the rest is below 2^-175
      term = term.multiply(part, DIGITS).divide(BigDecimal.valueOf(k), DIGITS);
      sum = sum.add(term, DIGITS);
    }
    return sum.pow(1 << 12, DIGITS);
  }

  private static BigDecimal sigmoid(BigDecimal x) {
    return ONE.divide(ONE.add(exp(x.negate()), DIGITS), DIGITS);
  }

  private static BigDecimal tanh(BigDecimal x) {
    return TWO.multiply(sigmoid(x.multiply(TWO))).subtract(ONE, DIGITS);
  }

  /** The derivative of t s(t): s + t s (1 - s). */
  private static BigDecimal sigmoidGated(BigDecimal t) {
    BigDecimal s = sigmoid(t);
    return s.add(t.multiply(s).multiply(ONE.subtract(s)), DIGITS);
  }

  private static BigDecimal tanhGated(BigDecimal t) {
    BigDecimal h = tanh(t);
    return h.add(t.multiply(ONE.subtract(h.multiply(h))), DIGITS);
  }

  /** 2 / sqrt(pi) e^(-t^2) (t + sum of 2^k t^(2k+1) / (1 3 .. (2k+1))): no term cancels another. */
  private static BigDecimal erfGated(BigDecimal t) {
    BigDecimal square = t.multiply(t, DIGITS);
    BigDecimal term = t;
    BigDecimal sum = t;
    for (int k = 1; k < 300; k++) {
      BigDecimal odd = BigDecimal.valueOf(2L * k + 1);
      term = term.multiply(TWO).multiply(square, DIGITS).divide(odd, DIGITS);
      sum = sum.add(term, DIGITS);
    }
    BigDecimal pi = new BigDecimal("3.14159265358979323846264338327950288419716939937510582097494");
    BigDecimal density = TWO.divide(pi.sqrt(DIGITS), DIGITS).multiply(exp(square.negate()), DIGITS);
    return density.multiply(sum.add(t), DIGITS);
  }

  /** Where t tanh t = 1, which rises with t: the zero of the second derivative of t tanh t. */
  private static BigDecimal laplace() {
    BigDecimal low = ONE;
    BigDecimal high = TWO;
    for (int i = 0; i < 150; i++) {
      BigDecimal middle = low.add(high).divide(TWO, DIGITS);
      boolean below = middle.multiply(tanh(middle)).compareTo(ONE) < 0;
      low = below ? middle : low;
      high = below ? high : middle;
    }
    return high;
  }

  @Test
  void constantsAreTheExtremesRoundedOutward() {
    BigDecimal v = laplace();
    check(new Sigmoid().gatedSlopes().orElseThrow(), GateRuleTest::sigmoidGated, v.multiply(TWO));
    check(new Tanh().gatedSlopes().orElseThrow(), GateRuleTest::tanhGated, v);
    check(new Erf().gatedSlopes().orElseThrow(), GateRuleTest::erfGated, ONE);
    assertThat(tanhGated(v).subtract(v).abs()).isLessThan(new BigDecimal("1e-40"));
  }

  /** The extremes lie at -at and at: the slope falls, rises between them, and falls again. */
  private static void check(Range range, UnaryOperator<BigDecimal> slope, BigDecimal at) {
    BigDecimal most = new BigDecimal(range.most());
    BigDecimal least = new BigDecimal(range.least());
    BigDecimal ulp = new BigDecimal("4e-16");
    assertThat(slope.apply(at)).isBetween(most.subtract(ulp), most);
    assertThat(slope.apply(at.negate())).isBetween(least, least.add(ulp));
    BigDecimal step = at.divide(BigDecimal.valueOf(100), DIGITS);
    BigDecimal before = slope.apply(step.multiply(BigDecimal.valueOf(-600)));
    assertThat(before).isLessThan(slope.apply(BigDecimal.ZERO));
    for (int i = -599; i <= 600; i++) {
      BigDecimal here = slope.apply(step.multiply(BigDecimal.valueOf(i)));
      assertThat(here).isBetween(least, most);
      boolean rises = i > -100 && i <= 100;
      assertThat(here.compareTo(before)).as("at step %d", i).isEqualTo(rises ? 1 : -1);
      before = here;
    }
  }

  private static double bound(Norm norm, Traced.Body body) {
    return bound(norm, new Traced(1, 1, body));
  }

  private static double bound(Norm norm, Traced net) {
    return HostNetworks.product(DEVICE, net, net.values(), norm)[0];
  }

  private static Value gelu(Value x) {
    return F.mul(F.mul(x, F.add(F.erf(F.mul(x, Math.sqrt(0.5))), 1)), 0.5);
  }

  @Test
  void siluAndGeluHaveTheirClosedFormHoweverWritten() {
    Traced.Body half = (p, x) -> F.mul(F.mul(F.add(F.erf(F.mul(x, 0.7)), 1), 0.5), x);
    Traced.Body quotient =
        (p, x) -> {
          Value root = F.constant(x, Math.sqrt(2));
          return F.mul(F.div(x, F.constant(x, 2)), F.add(F.erf(F.div(x, root)), 1));
        };
    Traced.Body negative = (p, x) -> F.mul(F.neg(x), F.sub(F.constant(x, 1), F.sigmoid(x)));
    for (Norm norm : Norm.values()) {
      assertBetween(bound(norm, (p, x) -> F.mul(x, F.sigmoid(x))), SILU);
      assertBetween(bound(norm, (p, x) -> F.mul(F.sigmoid(x), x)), SILU);
      assertBetween(bound(norm, (p, x) -> F.mul(F.mul(x, -3), F.sigmoid(F.mul(x, 5)))), 3 * SILU);
      assertBetween(bound(norm, negative), SILU);
      assertBetween(bound(norm, (p, x) -> gelu(x)), GELU);
      assertBetween(bound(norm, half), GELU);
      assertBetween(bound(norm, quotient), GELU);
      Sequential layer = new Sequential(Shape.of(3), List.of(Activation.GELU));
      assertBetween(HostNetworks.product(DEVICE, layer, Map.of(), norm)[0], GELU);
    }
  }

  private static void assertBetween(double bound, double truth) {
    assertThat(bound).isBetween(truth, truth * (1 + 1e-14));
  }

  /** GELU with tanh of a cubic, from the exact constants or their floats, has 1.12899... */
  @Test
  void geluByTanhHasItsSlopeHoweverWritten() {
    double k = Math.sqrt(2 / Math.PI);
    Traced.Body powers = (p, x) -> tanhGelu(x, F.mul(F.mul(F.square(x), x), 0.044715), k);
    Traced.Body floats = (p, x) -> tanhGelu(x, F.mul(F.mul(x, F.mul(x, x)), 0.044715f), (float) k);
    Traced.Body spread =
        (p, x) -> {
          Value u = F.mul(x, -0.5);
          Value inner = F.mul(F.mul(u, F.add(F.mul(F.square(u), 4 * 0.044715), 1)), 2 * k);
          return F.mul(F.mul(u, 4), F.sub(F.constant(u, 0.25), F.mul(F.tanh(inner), -0.25)));
        };
    for (Norm norm : Norm.values()) {
      for (Traced.Body body : List.of(powers, floats, spread)) {
        assertThat(bound(norm, body)).isBetween(1.1289930686587717, 1.129 * (1 + 1e-14));
      }
      Traced.Body steeper = (p, x) -> tanhGelu(x, F.mul(F.mul(F.square(x), x), 0.05), k);
      assertThat(bound(norm, steeper)).isInfinite();
    }
  }

  private static Value tanhGelu(Value x, Value cubed, double k) {
    return F.mul(F.mul(x, F.add(F.tanh(F.mul(F.add(x, cubed), k)), 1)), 0.5);
  }

  /** With 20 digits, at the published cubic and at both ends of those that count as it. */
  @Test
  void slopesOfTheCubicGateStayWithinTheirBound() {
    MathContext twenty = new MathContext(20);
    BigDecimal published = new BigDecimal("0.0702381577526338023289").round(twenty);
    double most = 0;
    for (String factor : List.of("0.999999", "1", "1.000001")) {
      BigDecimal q = published.multiply(new BigDecimal(factor), twenty);
      for (int i = 0; i <= 1200; i++) {
        BigDecimal s = BigDecimal.valueOf(i, 2).divide(TWO, twenty); // up to 6
        BigDecimal cube = q.multiply(s.pow(3), twenty);
        BigDecimal p = s.add(cube, twenty);
        BigDecimal tanh = tanh(p);
        BigDecimal density = ONE.subtract(tanh.multiply(tanh), twenty);
        BigDecimal slope = s.add(cube.multiply(BigDecimal.valueOf(3)), twenty).multiply(density);
        most = Math.max(most, tanh.add(slope, twenty).doubleValue());
        assertThat(p.multiply(density).doubleValue()).isLessThan(0.448);
        assertThat(p.pow(2).multiply(tanh).multiply(density).doubleValue()).isLessThan(0.376);
      }
    }
    assertThat(most).isBetween(1.25798, 1.258 - 1e-5);
  }

  /** Slopes of x clip(a x + b) are 2 a x + b between the limits, so 1.5 and -0.5 at their ends. */
  @Test
  void hardSwishHasItsClosedForm() {
    for (Norm norm : Norm.values()) {
      Traced.Body swish = (p, x) -> F.mul(x, F.clamp(F.add(F.mul(x, 1 / 6.0), 0.5), 0, 1));
      assertBetween(bound(norm, swish), 1.5);
      Traced.Body other =
          (p, x) ->
              F.mul(
                  F.minimum(
                      F.maximum(F.sub(F.constant(x, 2), x), F.constant(x, -1)), F.constant(x, 3)),
                  F.mul(x, 4));
      // 2 - x within [-1, 3]: 2 (2 - x) - 2 lies in [-4, 4], beyond the limits -1 and 3
      assertBetween(bound(norm, other), 16);
    }
  }

  /** One coefficient for each unit: the largest counts, whatever the scale inside. */
  @Test
  void coefficientsMayBeParametersOfEachUnit() {
    Traced net =
        new Traced(
                3,
                3,
                (p, x) -> F.mul(F.mul(x, p.get("outer")), F.sigmoid(F.mul(x, p.get("inner")))))
            .with("outer", Shape.of(1, 3), 0.5, -2, 1)
            .with("inner", Shape.of(1, 3), 7, -0.25, 0);
    assertBetween(bound(Norm.L2, net), 2 * SILU);
    Traced nan =
        new Traced(1, 1, (p, x) -> F.mul(x, F.add(F.sigmoid(x), p.get("shift"))))
            .with("shift", Shape.of(1, 1), Double.NaN);
    assertThatThrownBy(() -> bound(Norm.L2, nan)).hasMessageContaining("not finite");
  }

  /**
   * Random forms: no Jacobian on a fine grid is above the bound, and the largest is close to it.
   */
  @Test
  void boundsOfRandomGatesAreReachedAndNeverExceeded() {
    Random r = new Random(11);
    List<UnaryOperator<Value>> gates = List.of(F::sigmoid, F::tanh, F::erf, v -> F.clamp(v, -1, 2));
    HostTensor grid = HostTensor.of(Shape.of(161, 1), new double[161]);
    for (int i = 0; i < 161; i++) {
      grid.doubles()[i] = (i - 80) / 8.0;
    }
    for (int n = 0; n < 8; n++) {
      UnaryOperator<Value> gate = gates.get(n % 4);
      double scale = 0.5 + r.nextDouble();
      double[] a = r.doubles(3, -2, 2).toArray();
      double inner = n % 4 == 3 ? r.nextDouble(-1, 1) : 0;
      Traced.Body body =
          (p, x) -> {
            Value g = gate.apply(F.add(F.mul(x, scale), inner));
            g = inner == 0 ? gate.apply(F.div(x, F.constant(x, 1 / scale))) : g;
            return F.mul(F.sub(F.mul(g, a[0]), F.constant(x, a[1])), F.mul(F.neg(x), a[2]));
          };
      Traced net = new Traced(1, 1, body);
      double bound = bound(Norm.L2, net);
      JacobianNorms j = HostNetworks.jacobians(DEVICE, net, Map.of(), grid, Norm.L2);
      double largest = j.certified(0).orElseThrow();
      assertThat(largest).as("form %d", n).isBetween(0.9 * bound, bound);
    }
  }

  @Test
  void otherProductsAreRefused() {
    List<Traced.Body> others =
        List.of(
            (p, x) -> F.mul(x, x),
            (p, x) -> F.mul(x, F.sigmoid(F.add(x, 1))),
            (p, x) -> F.mul(F.add(x, 1), F.sigmoid(x)),
            (p, x) -> F.mul(F.relu(x), F.sigmoid(x)),
            (p, x) -> F.mul(x, F.maximum(x, F.constant(x, 0))),
            (p, x) -> F.mul(F.sigmoid(x), F.sigmoid(x)),
            (p, x) -> F.mul(x, F.tanh(F.square(x))),
            (p, x) -> F.mul(x, F.sigmoid(F.add(x, F.mul(F.square(x), x)))),
            (p, x) -> F.mul(F.square(x), F.sigmoid(x)),
            (p, x) -> F.mul(x, F.sigmoid(F.max(x, 2))));
    for (Traced.Body body : others) {
      Traced net = new Traced(2, 2, body);
      assertThatThrownBy(() -> ProductBound.requireRules(net))
          .isInstanceOf(MissingRuleException.class)
          .hasMessageContaining("no slope rule for Mul");
      assertThatThrownBy(() -> bound(Norm.L2, net)).isInstanceOf(MissingRuleException.class);
    }
  }
}
