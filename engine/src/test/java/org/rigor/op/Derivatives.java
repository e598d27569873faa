// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.rigor.diff.Diff;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.TensorType;

/** Checks tangents and cotangents of traced values at one point, in double precision. */
final class Derivatives {
  /** Step of the central differences: their error is about 1e-10 for functions of size 1. */
  private static final double STEP = 1e-5;

  private final String label;
  private final List<Value> inputs;
  private final List<HostTensor> at;
  private final List<Value> outputs;
  private final List<Integer> moving;
  private final Map<String, Value> fresh = new HashMap<>();

  Derivatives(String label, List<Value> inputs, List<HostTensor> at, List<Value> outputs) {
    this.label = label;
    this.inputs = inputs;
    this.at = at;
    this.outputs = outputs;
    this.moving =
        IntStream.range(0, inputs.size())
            .filter(i -> inputs.get(i).dtype().isFloating())
            .boxed()
            .toList();
  }

  private List<Value> wrt() {
    return moving.stream().map(inputs::get).toList();
  }

  /** A new program input. */
  private Value input(String name, TensorType type) {
    return fresh.computeIfAbsent(name, n -> Program.builder(label).input(n, type));
  }

  private List<Value> tangentInputs() {
    return moving.stream().map(i -> input("v" + i, inputs.get(i).type())).toList();
  }

  private List<Value> cotangentInputs() {
    return IntStream.range(0, outputs.size())
        .mapToObj(i -> input("ct" + i, outputs.get(i).type()))
        .toList();
  }

  private static List<HostTensor> draw(List<Value> values, int seed) {
    return values.stream().map(v -> draw(v.type(), seed + values.indexOf(v))).toList();
  }

  static HostTensor draw(TensorType type, int seed) {
    Random random = new Random(seed);
    double[] x = random.doubles(type.shape().size(), -1, 1).toArray();
    HostTensor t = HostTensor.of(type.shape(), x);
    return type.dtype() == DType.F32 ? t.toFloat() : t;
  }

  /** Tangent against central differences, cotangents against the tangent. */
  void check() {
    List<Value> vs = tangentInputs();
    List<Value> cts = cotangentInputs();
    List<HostTensor> v = draw(vs, 21);
    List<HostTensor> ct = draw(cts, 31);
    Map<Value, HostTensor> env = new IdentityHashMap<>();
    bind(env, inputs, at);
    bind(env, vs, v);
    bind(env, cts, ct);
    List<HostTensor> tangents = NaiveEvaluator.eval(Diff.jvp(outputs, wrt(), vs), env);
    List<HostTensor> up = NaiveEvaluator.eval(outputs, moved(v, STEP));
    List<HostTensor> down = NaiveEvaluator.eval(outputs, moved(v, -STEP));
    // differences need double throughout, and see through a detached value
    boolean smooth = !(outputs.get(0).op() instanceof Detach);
    for (int k : moving) {
      smooth &= inputs.get(k).dtype() == DType.F64;
    }
    for (int i = 0; i < outputs.size(); i++) {
      if (outputs.get(i).dtype() == DType.F64 && smooth) {
        HostTensor difference = combine(0.5 / STEP, up.get(i), -0.5 / STEP, down.get(i));
        assertClose(label + ": tangent", tangents.get(i), difference, 2e-7);
      }
    }
    List<HostTensor> cotangents = NaiveEvaluator.eval(Diff.vjp(outputs, cts, wrt()), env);
    double forward = 0;
    double scale = 1e-30;
    for (int i = 0; i < outputs.size(); i++) {
      forward += dot(ct.get(i), tangents.get(i));
      scale += absDot(ct.get(i), tangents.get(i));
    }
    double backward = 0;
    for (int i = 0; i < moving.size(); i++) {
      assertThat(cotangents.get(i).type()).as(label).isEqualTo(wrt().get(i).type());
      backward += dot(cotangents.get(i), v.get(i));
      scale += absDot(cotangents.get(i), v.get(i));
    }
    boolean single =
        Stream.concat(inputs.stream(), outputs.stream()).anyMatch(o -> o.dtype() == DType.F32);
    assertThat(backward)
        .as(label + ": <ct, tangent> = <cotangents, v>")
        .isCloseTo(forward, within(scale * (single ? 1e-5 : 1e-11)));
  }

  /** The tangent as a function of the operands and the directions. */
  Derivatives ofTangent() {
    return of("tangent of " + label, tangentInputs(), Diff.jvp(outputs, wrt(), tangentInputs()));
  }

  /** The cotangents as functions of the operands and the cotangents of the outputs. */
  Derivatives ofCotangents() {
    List<Value> cts = cotangentInputs();
    return of("cotangents of " + label, cts, Diff.vjp(outputs, cts, wrt()));
  }

  private Derivatives of(String name, List<Value> more, List<Value> ys) {
    List<Value> in = new ArrayList<>(inputs);
    in.addAll(more);
    List<HostTensor> x = new ArrayList<>(at);
    x.addAll(draw(more, 41));
    return new Derivatives(name, in, x, ys);
  }

  private Map<Value, HostTensor> moved(List<HostTensor> v, double step) {
    Map<Value, HostTensor> env = new IdentityHashMap<>();
    bind(env, inputs, at);
    for (int k = 0; k < moving.size(); k++) {
      HostTensor x = combine(1, at.get(moving.get(k)), step, v.get(k));
      boolean single = inputs.get(moving.get(k)).dtype() == DType.F32;
      env.put(inputs.get(moving.get(k)), single ? x.toFloat() : x);
    }
    return env;
  }

  private static void bind(Map<Value, HostTensor> env, List<Value> in, List<HostTensor> x) {
    for (int i = 0; i < in.size(); i++) {
      env.put(in.get(i), x.get(i));
    }
  }

  static HostTensor combine(double a, HostTensor x, double b, HostTensor y) {
    double[] out = new double[Math.toIntExact(x.shape().size())];
    for (int i = 0; i < out.length; i++) {
      out[i] = a * x.get(i) + b * y.get(i);
    }
    return HostTensor.of(x.shape(), out);
  }

  private static double dot(HostTensor a, HostTensor b) {
    double s = 0;
    for (int i = 0; i < a.shape().size(); i++) {
      s += a.get(i) * b.get(i);
    }
    return s;
  }

  private static double absDot(HostTensor a, HostTensor b) {
    double s = 0;
    for (int i = 0; i < a.shape().size(); i++) {
      s += Math.abs(a.get(i) * b.get(i));
    }
    return s;
  }

  /** |actual - expected| at most tolerance times (1 + the larger of expected and the mean). */
  static void assertClose(String what, HostTensor actual, HostTensor expected, double tolerance) {
    double mean = 0;
    int n = Math.toIntExact(expected.shape().size());
    for (int i = 0; i < n; i++) {
      mean += Math.abs(expected.get(i)) / n;
    }
    for (int i = 0; i < n; i++) {
      double scale = 1 + Math.max(mean, Math.abs(expected.get(i)));
      assertThat(actual.get(i))
          .as(what + ", element " + i)
          .isCloseTo(expected.get(i), within(tolerance * scale));
    }
  }
}
