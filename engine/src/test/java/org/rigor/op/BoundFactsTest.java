// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.rigor.ir.Interval;
import org.rigor.ir.Lines;
import org.rigor.ir.Op;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** What operations say of themselves to linear bounds is true on their samples. */
class BoundFactsTest {
  @Test
  void movedElementsAreThoseOfTheOperandOrConstant() {
    Set<Class<?>> moving = new HashSet<>();
    for (OpSample s : OpSamples.all()) {
      OpSample.Traced t = s.trace(2, DType.F64);
      if (!t.y().op().movesElements()) {
        continue;
      }
      moving.add(s.opClass());
      assertThat(t.inputs()).as(s.label()).hasSize(1);
      List<HostTensor> x = s.draw(2, DType.F64, 20);
      HostTensor y = NaiveEvaluator.eval(t.y(), OpContractTest.bind(t.inputs(), x));
      List<HostTensor> other = s.draw(2, DType.F64, 21);
      HostTensor z = NaiveEvaluator.eval(t.y(), OpContractTest.bind(t.inputs(), other));
      Set<Long> elements = new HashSet<>();
      for (int i = 0; i < x.get(0).shape().size(); i++) {
        elements.add(NaiveEvaluator.bits(x.get(0), i));
      }
      for (int i = 0; i < y.shape().size(); i++) {
        long bits = NaiveEvaluator.bits(y, i);
        assertThat(elements.contains(bits) || bits == NaiveEvaluator.bits(z, i))
            .as("%s, element %d", s.label(), i)
            .isTrue();
      }
    }
    assertThat(moving)
        .containsExactlyInAnyOrder(
            Reshape.class, Transpose.class, Slice.class, Unfold.class, Broadcast.class);
  }

  @Test
  void paddingOfMinusInfinityBecomesZeroAndNothingElseChanges() {
    Value x = input("x", Shape.of(2, 3, 4, 5, 2));
    Windows w = Windows.of(3, 2).padding(1, 0, 1, 1).stride(2);
    Value y = Value.of(new Unfold(w, 1, Double.NEGATIVE_INFINITY), x);
    Value zero = y.op().zeroPadded(y);
    assertThat(zero.op().linearIn(0)).isTrue();
    HostTensor at = Derivatives.draw(x.type(), 22);
    HostTensor with = NaiveEvaluator.eval(y, Map.of(x, at));
    HostTensor without = NaiveEvaluator.eval(zero, Map.of(x, at));
    int padded = 0;
    for (int i = 0; i < with.shape().size(); i++) {
      boolean off = with.get(i) == Double.NEGATIVE_INFINITY;
      padded += off ? 1 : 0;
      assertThat(without.get(i)).isEqualTo(off ? 0 : with.get(i));
    }
    assertThat(padded).isPositive();
    for (OpSample s : OpSamples.all()) {
      Value other = s.trace(1, DType.F64).y();
      assertThat(other.op().zeroPadded(other)).as(s.label()).isSameAs(other);
    }
  }

  /** The lines of a maximum with padding are finite and leave the padding out. */
  @Test
  void whatIgnoresPaddingGivesItNoCoefficient() {
    List<Op> claim =
        OpSamples.all().stream()
            .map(s -> s.trace(1, DType.F64).y().op())
            .filter(Op::ignoresPadding)
            .toList();
    assertThat(claim).isNotEmpty().allMatch(op -> op instanceof MaxReduce);
    Shape row = Shape.of(1, 1, 4);
    Value l = input("l", row);
    Value u = input("u", row);
    Value y = F.max(l, 2);
    Lines lines = y.op().relax(y, List.of(new Interval(l, u))).get(0);
    double none = Double.NEGATIVE_INFINITY;
    Map<Value, HostTensor> at =
        Map.of(
            l, HostTensor.of(row, new double[] {none, -1, -0.5, none}),
            u, HostTensor.of(row, new double[] {none, 1, 2, none}));
    for (Value slope : List.of(lines.lowerSlope(), lines.upperSlope())) {
      HostTensor a = NaiveEvaluator.eval(slope, at);
      assertThat(new double[] {a.get(0), a.get(3)}).containsExactly(0, 0);
      assertThat(a.get(1) + a.get(2)).isPositive();
    }
    for (Value intercept : List.of(lines.lowerIntercept(), lines.upperIntercept())) {
      assertThat(NaiveEvaluator.eval(intercept, at).get(0)).isFinite();
    }
  }

  /** One cotangent for all samples: the vjp of each sample is that of the first alone. */
  @Test
  void coefficientsStaySharedWhereSamplesAreTreatedAlike() {
    Set<Class<?>> alike = new HashSet<>();
    for (OpSample s : OpSamples.all()) {
      OpSample.Traced t = s.trace(2, DType.F64);
      for (int i = 0; i < t.inputs().size(); i++) {
        if (followsSamples(t, i)
            && t.y().op().treatsSamplesAlike(t.y(), t.inputs().get(i)::equals)) {
          alike.add(s.opClass());
          alike(s, t, i);
        }
      }
    }
    assertThat(alike).containsExactlyInAnyOrder(Add.class, Sub.class, Mul.class, MatMul.class);
  }

  private static boolean followsSamples(OpSample.Traced t, int i) {
    Value x = t.inputs().get(i);
    Op op = t.y().op();
    int n = t.y().shape().rank() < 2 ? 1 : t.y().shape().dim(1);
    boolean linear = op.linearIn(i) || op.additive();
    return n > 1
        && linear
        && x.shape().rank() > 1
        && x.shape().dim(1) == n
        && op.keepsSamplesApart(t.y(), x::equals);
  }

  private static void alike(OpSample s, OpSample.Traced t, int i) {
    Value x = t.inputs().get(i);
    int samples = t.y().shape().dim(1);
    Value ct = input("ct", t.y().shape().with(1, 1));
    Value all = t.y().op().vjp(t.y(), F.broadcast(ct, t.y().shape())).get(i);
    Value first = F.slice(x, 1, 0, 1);
    List<Value> in = t.inputs().stream().map(v -> v == x ? first : v).toList();
    Value one = Value.of(t.y().op(), in);
    Value alone = one.op().vjp(one, ct).get(i);
    Map<Value, HostTensor> at =
        new IdentityHashMap<>(OpContractTest.bind(t.inputs(), s.draw(2, DType.F64, 23)));
    at.put(ct, Derivatives.draw(ct.type(), 24));
    HostTensor each = NaiveEvaluator.eval(F.broadcast(alone, x.shape()), at);
    OpContractTest.assertSame(
        s.label() + ", " + samples + " samples", NaiveEvaluator.eval(all, at), each);
  }

  private static Value input(String name, Shape shape) {
    return Program.builder(name).input(name, new TensorType(DType.F64, shape));
  }
}
