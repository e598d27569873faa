// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import static org.rigor.op.OpSample.Operand.M;
import static org.rigor.op.OpSample.of;

import java.util.ArrayList;
import java.util.List;
import org.rigor.data.Box;
import org.rigor.op.OpSample.Operand;
import org.rigor.op.OpSample.Sampler;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.threat.Confine;
import org.rigor.threat.Distance;

/** Samples of every op. Adding an op means adding a line here; {@link OpContractTest} insists. */
final class OpSamples {
  private OpSamples() {}

  static List<OpSample> all() {
    List<OpSample> all = new ArrayList<>();
    all.addAll(unary());
    all.addAll(binary());
    all.addAll(truth());
    all.addAll(reductions());
    all.addAll(layout());
    all.addAll(windows());
    all.addAll(IndexSamples.all());
    all.addAll(random());
    all.addAll(factorisations());
    all.addAll(balls());
    return all;
  }

  private static List<OpSample> unary() {
    Sampler normal = normal(1);
    Sampler off = offZero();
    Sampler positive = uniform(0.1, 3);
    return List.of(
        unary("neg", new Neg(), normal),
        unary("sqrt", new Sqrt(), positive),
        unary("rsqrt", new Rsqrt(), positive),
        unary("relu", new Relu(), off),
        unary("leakyRelu", new LeakyRelu(0.1), off),
        unary("jSquaredRelu", new JSquaredRelu(), off),
        unary("abs", new Abs(), off),
        unary("sign", new Sign(), off),
        unary("exp", new Exp(), normal(2)),
        unary("expm1", new Expm1(), normal(0.5)),
        unary("log", new Log(), positive),
        unary("log1p", new Log1p(), uniform(-0.5, 1)),
        unary("tanh", new Tanh(), normal(2)),
        unary("sigmoid", new Sigmoid(), normal(3)),
        unary("softplus", new Softplus(), normal(3)),
        unary("erf", new Erf(), normal(1)),
        unary("erfinv", new Erfinv(), uniform(-0.97, 0.97)),
        unary("sin", new Sin(), normal(5)),
        unary("cos", new Cos(), normal(5)),
        of("cast to f64", new Cast(DType.F64), real(normal, M, 3, 5)).edges(0),
        of("cast to f32", new Cast(DType.F32), real(normal, M, 3, 5)).edges(0),
        of("cast to i32", new Cast(DType.I32), real(uniform(-9, 9), M, 3, 29)).edges(0),
        of("cast to bool", new Cast(DType.BOOL), real(off, M, 3, 5)).edges(0),
        of("cast of bool", new Cast(DType.F32), typed(DType.BOOL, index(2), M, 3, 5)),
        of("cast of i32", new Cast(DType.F32), typed(DType.I32, index(1 << 20), M, 3, 5)),
        unary("detach", new Detach(false), normal));
  }

  /** Odd extents, and as many elements as there are edge values. */
  private static OpSample unary(String label, org.rigor.ir.Op op, Sampler s) {
    return of(label, op, real(s, M, 3, 5)).edges(0);
  }

  private static List<OpSample> binary() {
    Sampler normal = normal(1);
    Sampler off = offZero();
    return List.of(
        of("add", new Add(), real(normal, M, 14, 14), real(normal, M, 14, 14)).edges(0, 1),
        of("add shared", new Add(), real(normal, M, 3, 1), real(normal, 1, 1, 5)),
        of("sub", new Sub(), real(normal, M, 14, 14), real(normal, M, 14, 14)).edges(0, 1),
        of("sub shared", new Sub(), real(normal, 1, 3, 5), real(normal, M, 3, 1)),
        of("sub repeated", new Sub(), real(normal, M, 1, 5), real(normal, M, 3, 1)),
        of("mul", new Mul(), real(normal, M, 14, 14), real(normal, M, 14, 14)).edges(0, 1),
        of("mul repeated", new Mul(), real(normal, M, 1, 5), real(normal, M, 3, 1)),
        of("div", new Div(), real(normal, M, 14, 14), real(off, M, 14, 14)).edges(0, 1),
        of("div shared", new Div(), real(normal, M, 3, 5), real(off, 1, 1, 5)),
        of("pow", new Pow(), real(uniform(0.2, 3), M, 14, 14), real(normal(2), M, 14, 14))
            .edges(0, 1),
        of("pow repeated", new Pow(), real(uniform(0.2, 3), M, 3, 5), real(normal(2), 1, 1, 1)),
        of("maximum", new Maximum(), real(lattice(0), M, 14, 14), real(lattice(0.5), M, 14, 14))
            .edges(0, 1),
        of("maximum of i32", new Maximum(), ints(index(9), M, 3, 5), ints(index(9), M, 3, 5)),
        of("minimum", new Minimum(), real(lattice(0), M, 14, 14), real(lattice(0.5), M, 14, 14))
            .edges(0, 1),
        of(
            "minimum repeated",
            new Minimum(),
            real(lattice(0), M, 3, 1),
            real(lattice(0.5), 1, 1, 5)),
        of("fill", (m, t) -> new Fill(t, Shape.of(m, 3, 5), -0.25)),
        of("fill of i32", (m, t) -> new Fill(DType.I32, Shape.of(m, 3, 1), 7)));
  }

  private static List<OpSample> truth() {
    List<OpSample> out = new ArrayList<>();
    for (Compare.Kind k : Compare.Kind.values()) {
      out.add(
          of("compare " + k, new Compare(k), real(normal(1), M, 14, 14), real(normal(1), M, 14, 14))
              .edges(0, 1));
      out.add(
          of("compare i32 " + k, new Compare(k), ints(index(3), M, 3, 5), ints(index(3), 1, 3, 1)));
    }
    for (Logical.Kind k : Logical.Kind.values()) {
      out.add(of("logical " + k, new Logical(k), bools(M, 3, 5), bools(M, 1, 5)));
    }
    out.add(of("not", new Not(), bools(M, 3, 5)));
    out.add(
        of(
                "select",
                new Select(),
                bools(M, 14, 14),
                real(normal(1), M, 14, 14),
                real(normal(1), M, 14, 14))
            .edges(1, 2));
    out.add(
        of(
            "select repeated",
            new Select(),
            bools(M, 3, 1),
            real(normal(1), 1, 3, 5),
            real(normal(1), M, 1, 1)));
    return out;
  }

  private static List<OpSample> reductions() {
    List<OpSample> out = new ArrayList<>();
    Sampler distinct = distinct();
    for (List<Integer> axes : List.of(List.of(2), List.of(1), List.of(1, 3), List.of(1, 2, 3))) {
      String a = " over " + axes;
      out.add(of("sum" + a, new Sum(axes), real(normal(1), M, 3, 5, 7)).edges(0));
      out.add(of("max" + a, new MaxReduce(axes), real(distinct, M, 3, 5, 7)).edges(0));
      out.add(of("min" + a, new MinReduce(axes), real(distinct, M, 3, 5, 7)).edges(0));
      out.add(of("argmax" + a, new ArgMax(axes), real(distinct, M, 3, 5, 7)).edges(0));
    }
    // few values a result, results in rows longer than a vector
    List<Integer> few = List.of(2, 4);
    out.add(of("short sums", new Sum(few), real(normal(1), M, 3, 2, 5, 3, 17)).edges(0));
    out.add(of("short maxima", new MaxReduce(few), real(distinct, M, 3, 2, 5, 3, 17)).edges(0));
    out.add(of("short argmax", new ArgMax(few), real(distinct, M, 3, 2, 5, 3, 17)).edges(0));
    out.add(of("nineteen", new Sum(List.of(2)), real(normal(1), M, 23, 19, 16)).edges(0));
    out.add(of("short sums of i32", new Sum(few), ints(index(100), M, 3, 2, 5, 3, 17)));
    List<Integer> models = List.of(0, 2);
    out.add(of("sum over models", new Sum(models), real(normal(1), M, 3, 5)));
    out.add(of("max over models", new MaxReduce(models), real(distinct, M, 3, 5)));
    out.add(of("argmax over models", new ArgMax(models), real(distinct, M, 3, 5)));
    out.add(of("sum of i32", new Sum(List.of(1)), ints(index(100), M, 5, 3)));
    out.add(of("long sum", new Sum(List.of(1)), real(normal(1), M, 4099)));
    return out;
  }

  private static List<OpSample> layout() {
    Sampler n = normal(1);
    return List.of(
        of("reshape", (m, t) -> new Reshape(Shape.of(m, 5, 3)), real(n, M, 3, 5)),
        of("reshape rank", (m, t) -> new Reshape(Shape.of(m, 1, 15, 1)), real(n, M, 3, 5)),
        of("transpose", new Transpose(List.of(0, 3, 1, 2)), real(n, M, 3, 5, 7)),
        of("broadcast", (m, t) -> new Broadcast(Shape.of(m, 3, 4, 5)), real(n, M, 1, 4, 1)),
        of("broadcast models", (m, t) -> new Broadcast(Shape.of(m, 3, 5)), real(n, 1, 3, 1)),
        of("slice", new Slice(List.of(1, 2), List.of(1, 3), List.of(2, 2)), real(n, M, 4, 7)),
        of("slice first", new Slice(List.of(0, 0), List.of(1, 1), List.of(1, 7)), real(n, M, 4, 7)),
        of("pad", new Pad(List.of(1, 2), List.of(1, 3), List.of(4, 7), 0), real(n, M, 2, 2))
            .edges(0),
        of(
            "pad value",
            new Pad(List.of(0, 1), List.of(1, 1), List.of(3, 7), -1.5),
            real(n, M, 3, 5)),
        of("pad image", pad2d(), real(n, M, 2, 3, 5, 2)),
        of("pad i32", new Pad(List.of(2), List.of(2), List.of(9), -3), ints(index(9), M, 3)),
        of("concat", new Concat(1), real(n, M, 3, 5), real(n, M, 2, 5)).edges(0, 1),
        of("concat last", new Concat(2), real(n, M, 3, 5), real(n, 1, 3, 4)),
        of("concat i32", new Concat(2), ints(index(9), M, 3, 1), ints(index(9), M, 3, 4)),
        of("iota", new Iota(7)),
        matmul("matmul", false, false, new int[] {M, 3, 5}, new int[] {M, 5, 7}),
        matmul("matmul ta", true, false, new int[] {M, 5, 3}, new int[] {M, 5, 7}),
        matmul("matmul tb", false, true, new int[] {M, 3, 5}, new int[] {M, 7, 5}),
        matmul("matmul ta tb", true, true, new int[] {M, 5, 3}, new int[] {M, 7, 5}),
        matmul("matmul shared", false, false, new int[] {M, 3, 5}, new int[] {1, 5, 7}),
        matmul("matmul batch", false, true, new int[] {M, 2, 3, 5}, new int[] {M, 1, 7, 5}),
        matmul("matmul batch shares", false, false, new int[] {M, 2, 3, 5}, new int[] {M, 1, 5, 7}),
        matmul("matmul batches", false, false, new int[] {M, 2, 3, 5}, new int[] {M, 2, 5, 7}),
        matmul("matmul ta batch", true, false, new int[] {M, 2, 5, 3}, new int[] {M, 1, 5, 7}),
        matmul("matmul batch one", false, true, new int[] {1, 2, 1, 5}, new int[] {M, 1, 7, 5}),
        matmul("matmul row", false, false, new int[] {M, 1, 5}, new int[] {M, 5, 1}),
        matmul("matmul deep", false, false, new int[] {M, 1, 515}, new int[] {1, 515, 2}),
        of("skipping", new SkippingMatMul(), real(half(), M, 3, 7), real(half(), M, 7, 5)),
        of("skip deep", new SkippingMatMul(), real(half(), M, 2, 515), real(half(), 1, 515, 3)));
  }

  private static Pad pad2d() {
    return new Pad(List.of(0, 1, 2, 0), List.of(1, 1, 1, 1), List.of(2, 5, 9, 2), 0);
  }

  private static OpSample matmul(String label, boolean ta, boolean tb, int[] a, int[] b) {
    return of(label, new MatMul(ta, tb), real(normal(1), a), real(normal(1), b));
  }

  /** Windows that overlap, leave gaps, reach beyond the image, skip pixels; even and odd ones. */
  private static List<OpSample> windows() {
    List<Windows> all =
        List.of(
            Windows.of(2, 3),
            Windows.of(3).stride(2).padding(1),
            Windows.of(2, 3).stride(1, 3).dilation(2, 1).padding(0, 2, 1, 3),
            Windows.of(1, 2).stride(2, 1).dilation(1, 3).padding(2, 0, 0, 1),
            Windows.of(4, 1).stride(3, 2).padding(1, 0, 2, 0));
    List<OpSample> out = new ArrayList<>();
    for (Windows w : all) {
      for (int groups : List.of(1, 3)) {
        String label = " of %d x %d groups %d".formatted(w.height(), w.width(), groups);
        Unfold unfold = new Unfold(w, groups, 0);
        out.add(of("unfold" + label, unfold, real(normal(1), M, 2, 5, 7, 6)).edges(0));
        int[] d = w.on(Shape.of(1, 2, 5, 7, 6), groups).dims();
        d[0] = M;
        out.add(of("fold" + label, new Fold(w, groups, 5, 7), real(normal(1), d)).edges(0));
      }
    }
    for (Windows w : all) {
      int[] y = w.on(Shape.of(1, 2, 5, 7, 3), 1).dims();
      int[] image = {M, 2, 5, 7, 3};
      int[] kernels = {M, w.height(), w.width(), 3, 9};
      String label = " of %d x %d".formatted(w.height(), w.width());
      int[] out2 = {M, 2, y[2], y[3], 9};
      out.add(
          of("conv" + label, new DirectConv(w), real(normal(1), image), real(normal(1), kernels)));
      DirectConvAdjoint adjoint = new DirectConvAdjoint(w, 5, 7);
      out.add(of("adjoint" + label, adjoint, real(normal(1), out2), real(normal(1), kernels)));
    }
    Windows three = Windows.of(3);
    Operand one = real(normal(1), 1, 3, 3, 3, 30);
    // more links than one block of the sum, and operands that all models share
    out.add(of("conv deep", new DirectConv(three), one, real(normal(1), M, 3, 3, 30, 2)));
    Operand deep = real(normal(1), M, 1, 1, 1, 300);
    DirectConvAdjoint back = new DirectConvAdjoint(Windows.of(1, 2), 1, 2);
    out.add(of("adjoint deep", back, deep, real(normal(1), 1, 1, 2, 2, 300)));
    Windows wide = Windows.of(3, 9).padding(1, 4, 1, 4);
    out.add(of("unfold wide", new Unfold(wide, 1, 0), real(normal(1), 1, 1, 3, 5, 2)));
    out.add(of("fold wide", new Fold(wide, 1, 3, 5), real(normal(1), M, 1, 3, 5, 1, 3, 9, 2)));
    Windows padded = Windows.of(2).padding(1);
    out.add(of("unfold beside 1.5", new Unfold(padded, 1, 1.5), real(normal(1), M, 1, 3, 2, 1)));
    return out;
  }

  private static List<OpSample> random() {
    Sampler word = (r, i) -> r.nextInt() & ~0xff; // exact as a float
    return List.of(
        of(
            "randomBits",
            new RandomBits("a", Shape.of(3, 3)),
            ints(word, M, 2),
            ints(index(1000), M, 5),
            ints(index(9), M, 2)),
        of(
            "randomBits shared key",
            new RandomBits("b", Shape.of()),
            ints(word, 1, 2),
            ints(index(1000), M, 5),
            ints(index(9), 1, 1)),
        of(
            "permutation",
            new Permutation("c", 37),
            ints(word, M, 2),
            ints(index(37), M, 5),
            ints(index(9), M, 1)),
        of(
            "permutation of one",
            new Permutation("d", 1),
            ints(word, 1, 2),
            ints(index(1), M, 3),
            ints(index(9), M, 1)),
        of("unit f32", new UnitInterval(DType.F32), ints(word, M, 3, 5)),
        of("unit f64", new UnitInterval(DType.F64), ints(word, M, 3, 5), ints(word, M, 3, 5)));
  }

  private static List<OpSample> balls() {
    Operand points = f64(normal(1), M, 3, 70);
    Operand radii = f64(uniform(0, 2), M, 3);
    List<OpSample> out = new ArrayList<>();
    for (Distance norm : Distance.all()) {
      Confine unit = new Confine(norm, Box.UNIT);
      Confine free = new Confine(norm, Box.NONE);
      out.add(of("confine " + unit, unit, points, f64(uniform(0, 1), M, 3, 70), radii));
      out.add(of("confine shared " + unit, unit, points, f64(uniform(0, 1), 1, 3, 70), radii));
      out.add(of("confine " + free, free, points, f64(normal(1), M, 3, 70), radii).edges(0));
      Operand wide = f64(normal(1), 1, 14, 14);
      out.add(of("confine wide " + free, free, wide, wide, f64(index(2), M, 14)).edges(0, 1));
    }
    return out;
  }

  private static Operand f64(Sampler s, int... dims) {
    return typed(DType.F64, s, dims);
  }

  private static List<OpSample> factorisations() {
    Sampler n = normal(1);
    List<OpSample> out = new ArrayList<>();
    for (int size : new int[] {1, 2, 5}) {
      out.add(of("cholesky " + size, new Cholesky(), real(dominant(size, 0), M, 2, size, size)));
      out.add(of("eigen " + size, new SymmetricEigen(), real(dominant(size, 1), M, 2, size, size)));
      out.add(of("qr " + size, new ThinQr(), real(dominant(size, 1), M, size + 3, size)));
    }
    out.add(of("qr square", new ThinQr(), real(dominant(3, 1), M, 2, 3, 3)));
    for (boolean upper : new boolean[] {false, true}) {
      for (boolean transposed : new boolean[] {false, true}) {
        out.add(
            of(
                "triangularSolve " + upper + " " + transposed,
                new TriangularSolve(upper, transposed),
                real(dominant(3, 0), M, 2, 3, 3),
                real(n, M, 2, 3, 5)));
      }
    }
    out.add(
        of(
            "triangularSolve shared",
            new TriangularSolve(false, false),
            real(dominant(3, 0), 1, 3, 3),
            real(n, M, 3, 1)));
    return out;
  }

  /** Matrices with a large diagonal that rises by {@code rise}. */
  private static Sampler dominant(int n, double rise) {
    return (r, i) -> {
      int row = i / n % n;
      return r.nextDouble() * 0.5 + (i % n == row ? 2 + rise * row : 0);
    };
  }

  // Operands.

  static Operand real(Sampler s, int... dims) {
    return new Operand(null, dims, s);
  }

  private static Operand typed(DType t, Sampler s, int... dims) {
    return new Operand(t, dims, s);
  }

  static Operand ints(Sampler s, int... dims) {
    return new Operand(DType.I32, dims, s);
  }

  private static Operand bools(int... dims) {
    return new Operand(DType.BOOL, dims, index(2));
  }

  // Samplers.

  static Sampler normal(double scale) {
    return (r, i) -> r.nextGaussian() * scale;
  }

  private static Sampler uniform(double low, double high) {
    return (r, i) -> low + r.nextDouble() * (high - low);
  }

  /** At least 0.2 away from a kink at 0. */
  private static Sampler offZero() {
    return (r, i) -> (0.2 + r.nextDouble()) * (r.nextBoolean() ? 1 : -1);
  }

  private static Sampler half() {
    return (r, i) -> r.nextBoolean() ? 0 : r.nextDouble(); // no sums that cancel
  }

  static Sampler index(int n) {
    return (r, i) -> r.nextInt(n);
  }

  /** Integers plus an offset plus little: two lattices never meet. */
  private static Sampler lattice(double offset) {
    return (r, i) -> r.nextInt(7) - 3 + offset + r.nextDouble() * 0.3;
  }

  /** No two elements of a tensor within 0.05 of each other. */
  static Sampler distinct() {
    return (r, i) -> (i * 7919L % 1009) * 0.1 - 50 + r.nextDouble() * 0.05;
  }
}
