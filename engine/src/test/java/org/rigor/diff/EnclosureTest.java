// SPDX-License-Identifier: Apache-2.0
package org.rigor.diff;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Interval;
import org.rigor.ir.Program;
import org.rigor.ir.Simplify;
import org.rigor.ir.Value;
import org.rigor.nn.Loss;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

class EnclosureTest {
  private static Value input(Program.Builder b, String name, int... dims) {
    return b.input(name, new TensorType(DType.F64, Shape.of(dims)));
  }

  private static Map<String, double[]> run(Program.Builder b, Map<String, double[]> in) {
    Map<String, double[]> out = new HashMap<>();
    try (Device device = new CpuDevice(1, "scalar", "test");
        Executable e = device.compile(Simplify.run(b.build()))) {
      in.forEach((n, x) -> e.input(n).write(HostTensor.of(e.input(n).type().shape(), x)));
      e.run();
      e.program().outputs().keySet().forEach(n -> out.put(n, e.output(n).read().doubles()));
    }
    return out;
  }

  /** Weights that cancel to almost nothing: the computed value is wrong, the sides are not. */
  @Test
  void containsTheRealValueOfIllConditionedNetworks() {
    int d = 5;
    int h = 7;
    int rows = 400;
    Random random = new Random(1);
    double[] x = new double[rows * d];
    double[] w1 = new double[rows * d * h];
    double[] b1 = new double[rows * h];
    double[] w2 = new double[rows * h];
    for (double[] a : List.of(x, w1, b1, w2)) {
      for (int i = 0; i < a.length; i++) {
        a[i] = (float) (random.nextGaussian() * Math.pow(10, random.nextInt(9)));
      }
    }
    Program.Builder b = Program.builder("ill");
    Value vx = input(b, "x", rows, 1, d);
    Value hidden =
        F.relu(F.add(F.matmul(vx, input(b, "w1", rows, d, h)), input(b, "b1", rows, 1, h)));
    Value y = F.sub(F.matmul(hidden, input(b, "w2", rows, h, 1)), F.sum(hidden, -1));
    Interval s = Enclosure.of(y, vx, Interval.point(vx));
    b.output("y", y).output("lower", s.lower()).output("upper", s.upper());
    Map<String, double[]> out = run(b, Map.of("x", x, "w1", w1, "b1", b1, "w2", w2));

    int inexact = 0;
    for (int r = 0; r < rows; r++) {
      BigDecimal exact = BigDecimal.ZERO;
      for (int j = 0; j < h; j++) {
        BigDecimal z = new BigDecimal(b1[r * h + j]);
        for (int i = 0; i < d; i++) {
          z = z.add(new BigDecimal(x[r * d + i]).multiply(new BigDecimal(w1[(r * d + i) * h + j])));
        }
        z = z.max(BigDecimal.ZERO);
        exact = exact.add(z.multiply(new BigDecimal(w2[r * h + j]))).subtract(z);
      }
      assertThat(exact)
          .isBetween(new BigDecimal(out.get("lower")[r]), new BigDecimal(out.get("upper")[r]));
      inexact += exact.compareTo(new BigDecimal(out.get("y")[r])) != 0 ? 1 : 0;
      double width = out.get("upper")[r] - out.get("lower")[r];
      assertThat(width).isLessThan(1e-12 * 1e30);
    }
    assertThat(inexact).isGreaterThan(rows / 10);
  }

  @Test
  void containsTheExactResultOfASingleOperation() {
    int n = 500;
    Random random = new Random(8);
    double[] a = new double[n];
    double[] c = new double[n];
    for (int i = 0; i < n; i++) {
      a[i] = random.nextGaussian();
      c[i] = random.nextGaussian();
    }
    Program.Builder b = Program.builder("single");
    Value x = input(b, "a", 1, n);
    Value y = input(b, "c", 1, n);
    List<Value> results = List.of(F.add(x, y), F.sub(x, y), F.mul(x, y), F.mul(x, x));
    for (int k = 0; k < results.size(); k++) {
      Interval s = Enclosure.of(results.get(k), x, Interval.point(x));
      b.output("l" + k, s.lower()).output("u" + k, s.upper());
    }
    Map<String, double[]> out = run(b, Map.of("a", a, "c", c));
    for (int i = 0; i < n; i++) {
      BigDecimal p = new BigDecimal(a[i]);
      BigDecimal q = new BigDecimal(c[i]);
      List<BigDecimal> exact = List.of(p.add(q), p.subtract(q), p.multiply(q), p.multiply(p));
      for (int k = 0; k < exact.size(); k++) {
        double lower = out.get("l" + k)[i];
        double upper = out.get("u" + k)[i];
        assertThat(exact.get(k)).isBetween(new BigDecimal(lower), new BigDecimal(upper));
        assertThat(upper - lower).isLessThan(1e-15 * (Math.abs(a[i]) + Math.abs(c[i]) + 20));
      }
    }
  }

  /** (2^53 + 1) - 2^53 is 0 in double and 1 in truth. */
  @Test
  void containsWhatRoundingLost() {
    Program.Builder b = Program.builder("lost");
    Value x = input(b, "x", 1, 1, 3);
    Value one = input(b, "w", 1, 3, 1);
    Interval s = Enclosure.of(F.matmul(x, one), x, Interval.point(x));
    Interval t = Enclosure.of(F.sum(x, -1), x, Interval.point(x));
    b.output("l", s.lower()).output("u", s.upper()).output("sl", t.lower()).output("su", t.upper());
    double[] values = {0x1p53, 1, -0x1p53};
    Map<String, double[]> out = run(b, Map.of("x", values, "w", new double[] {1, 1, 1}));
    assertThat(out.get("l")[0]).isLessThanOrEqualTo(1);
    assertThat(out.get("u")[0]).isGreaterThanOrEqualTo(1).isLessThan(100);
    assertThat(out.get("sl")[0]).isLessThanOrEqualTo(1);
    assertThat(out.get("su")[0]).isGreaterThanOrEqualTo(1).isLessThan(100);
  }

  /** Each function at random points of random boxes. */
  @Test
  void containsSamplesOfEveryRule() {
    List<UnaryOperator<Value>> functions =
        List.of(
            F::relu,
            x -> F.leakyRelu(x, 0.1),
            F::tanh,
            F::sigmoid,
            F::softplus,
            F::erf,
            F::exp,
            F::expm1,
            F::abs,
            F::square,
            F::neg,
            x -> F.log(F.add(F.square(x), 0.5)),
            x -> F.sqrt(F.add(F.square(x), 0.5)),
            x -> F.log1p(F.exp(x)),
            x -> F.mul(F.sub(x, F.tanh(x)), F.add(x, 3)),
            x -> F.div(F.add(x, 1), F.add(F.square(x), 0.25)),
            x -> F.div(x, F.constant(x, -3)),
            x -> F.maximum(x, F.neg(x)),
            x -> F.minimum(x, F.mul(x, -2)),
            x -> F.max(x, -1),
            x -> F.min(x, -1),
            x -> F.sum(x, 1, 2),
            x -> F.mean(x, -1),
            x -> F.matmul(x, x, false, true),
            x -> F.log(F.sum(F.exp(F.slice(F.pad(x, 2, 1, 2, 0.5), 2, 1, 3)), -1)),
            x -> F.concat(2, F.detach(x), F.transpose(x, List.of(0, 1, 2))),
            x -> F.select(F.lt(F.fill(DType.F64, x.shape(), 1), F.constant(x, 2)), x, F.neg(x)),
            x -> F.div(F.sub(x, F.mean(x, -1)), F.sqrt(F.add(F.mean(F.square(x), -1), 1e-5))),
            x ->
                F.broadcast(
                    F.reshape(x, Shape.of(x.shape().dim(0), 4, 1)),
                    x.shape().with(1, 4).with(2, 5)));
    int models = 60;
    Random random = new Random(3);
    for (int f = 0; f < functions.size(); f++) {
      Program.Builder b = Program.builder("samples");
      Value x = input(b, "x", models, 2, 2);
      Interval box = new Interval(input(b, "l", models, 2, 2), input(b, "u", models, 2, 2));
      Value y = functions.get(f).apply(x);
      Interval s = Enclosure.of(y, x, box);
      b.output("y", y).output("lower", s.lower()).output("upper", s.upper());
      double[] l = new double[models * 4];
      double[] u = new double[models * 4];
      double[] at = new double[models * 4];
      for (int repeat = 0; repeat < 5; repeat++) {
        for (int i = 0; i < l.length; i++) {
          double c = 4 * random.nextGaussian();
          double r = Math.pow(10, -6 * random.nextDouble());
          l[i] = c - r;
          u[i] = c + r;
          at[i] =
              random.nextInt(3) == 0 ? l[i] : Math.min(u[i], l[i] + 2 * r * random.nextDouble());
        }
        Map<String, double[]> out = run(b, Map.of("x", at, "l", l, "u", u));
        for (int i = 0; i < out.get("y").length; i++) {
          if (Double.isNaN(out.get("lower")[i]) || Double.isNaN(out.get("upper")[i])) {
            assertThat(f).as("only quotients may be unknown").isIn(15, 27);
            continue;
          }
          assertThat(out.get("y")[i])
              .as("function %d element %d", f, i)
              .isBetween(out.get("lower")[i], out.get("upper")[i]);
        }
      }
    }
  }

  @Test
  void sidesShrinkToThePointWithTheBox() {
    Program.Builder b = Program.builder("shrink");
    Value x = input(b, "x", 1, 1, 3);
    Value y = F.tanh(F.matmul(x, input(b, "w", 1, 3, 2)));
    Interval s = Enclosure.of(y, x, new Interval(input(b, "l", 1, 1, 3), input(b, "u", 1, 1, 3)));
    b.output("lower", s.lower()).output("upper", s.upper());
    double[] w = {0.5, -1, 0.25, 2, -0.75, 0.3};
    double last = Double.POSITIVE_INFINITY;
    for (double r = 1; r > 1e-13; r /= 10) {
      double[] l = {0.1 - r, 0.2 - r, 0.3 - r};
      double[] u = {0.1 + r, 0.2 + r, 0.3 + r};
      Map<String, double[]> out = run(b, Map.of("x", l, "l", l, "u", u, "w", w));
      double width = out.get("upper")[0] - out.get("lower")[0];
      assertThat(width).isLessThan(last).isLessThan(4 * r + 1e-14);
      last = width;
    }
  }

  @Test
  void refusesWhatItHasNoRuleFor() {
    Program.Builder b = Program.builder("unknown");
    Value x = input(b, "x", 1, 1, 3);
    Value y = F.sin(x);
    assertThatThrownBy(() -> Enclosure.of(y, x, Interval.point(x)))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessageContaining("no bound rule for Sin")
        .hasMessageContaining("traced at");
    Value l = input(b, "l", 1, 1, 3);
    Value choice = F.select(F.gt(x, F.constant(x, 0)), x, F.neg(x));
    assertThatThrownBy(() -> Enclosure.of(choice, x, new Interval(l, x)))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessageContaining("Compare");
    Value single = Program.builder("f32").input("x", new TensorType(DType.F32, x.shape()));
    assertThatThrownBy(() -> Enclosure.of(F.exp(single), single, Interval.point(single)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("F64");
  }

  /** Its test for infinities is no choice: x - x = 0 for every real number of a box. */
  @Test
  void enclosesASoftmaxOverABox() {
    Program.Builder b = Program.builder("softmax");
    Value x = input(b, "x", 1, 1, 3);
    Value l = input(b, "l", 1, 1, 3);
    Value u = input(b, "u", 1, 1, 3);
    Interval y = Enclosure.of(F.softmax(x, -1), x, new Interval(l, u));
    b.output("lower", y.lower());
    b.output("upper", y.upper());
    b.output("y", F.softmax(x, -1));
    Shape shape = Shape.of(1, 1, 3);
    Random r = new Random(5);
    try (Device device = new CpuDevice(1, "scalar", "test");
        Executable e = device.compile(b.build())) {
      e.input("l").write(HostTensor.of(shape, -1.0, 0.5, 2.0));
      e.input("u").write(HostTensor.of(shape, -0.5, 1.5, 2.0));
      for (int i = 0; i < 50; i++) {
        double[] at = {-1 + 0.5 * r.nextDouble(), 0.5 + r.nextDouble(), 2};
        e.input("x").write(HostTensor.of(shape, at));
        e.run();
        for (int k = 0; k < 3; k++) {
          double z = e.output("y").read().get(k);
          assertThat(z).isBetween(e.output("lower").read().get(k), e.output("upper").read().get(k));
        }
      }
      e.input("u").write(HostTensor.of(shape, -0.5, 1.5, Double.POSITIVE_INFINITY));
      e.run();
      assertThat(e.output("lower").read().get(0) > 0).isFalse();
      assertThat(e.output("upper").read().get(0) < 1).isFalse();
    }
  }

  @Test
  void nanParametersConfirmNothing() {
    Program.Builder b = Program.builder("nan");
    Value x = input(b, "x", 1, 1, 2);
    Value logits = F.matmul(x, input(b, "w", 1, 2, 2));
    Value y = b.input("y", new TensorType(DType.I32, Shape.of(1, 1)));
    Value margin = Loss.margin(logits, F.oneHot(F.detach(y), 2, DType.F64));
    b.output("m", Enclosure.of(margin, x, Interval.point(x)).lower());
    try (Device device = new CpuDevice(1, "scalar", "test");
        Executable e = device.compile(b.build())) {
      e.input("x").write(HostTensor.of(Shape.of(1, 1, 2), 1.0, 2.0));
      e.input("y").write(HostTensor.of(Shape.of(1, 1), 0));
      e.input("w").write(HostTensor.of(Shape.of(1, 2, 2), 1.0, 5.0, 1.0, Double.NaN));
      e.run();
      assertThat(e.output("m").read().doubles()[0] > 0).isFalse();
      e.input("w").write(HostTensor.of(Shape.of(1, 2, 2), 1.0, 5.0, 1.0, 1.0));
      e.run();
      assertThat(e.output("m").read().doubles()[0]).isBetween(3.99, 4.0);
    }
  }
}
