// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.rigor.diff.Diff;
import org.rigor.diff.SamplesApart;
import org.rigor.exec.Buffer;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.Scope;
import org.rigor.ir.Program;
import org.rigor.ir.Simplify;
import org.rigor.ir.Value;
import org.rigor.linalg.SymmetricEigen;
import org.rigor.nn.Network;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * Spectral norms of Jacobians without the Jacobians, for many outputs or inputs: Lanczos on J'J
 * with full reorthogonalisation (Golub and Van Loan 2013, section 10.1), one forward and one
 * backward product a step for all models and samples at once. A Ritz value approaches the norm from
 * below; rounding is not subtracted and kinks are not looked for, so it is an estimate of a lower
 * side. It is exact up to rounding after min(K, D) steps.
 *
 * @param norms roots of the largest Ritz values, [M][N]
 * @param residuals relative to the norm: an eigenvalue of J'J lies within {@code residual norm^2}
 *     of {@code norm^2}, [M][N]
 */
public record LanczosNorms(double[][] norms, double[][] residuals) {
  private static final long ELEMENTS = 1L << 23;
  private static final int MOST_SAMPLES = 128;

  /**
   * @param params by name, [M or 1, shape...]
   * @param x [N, features...]
   * @param steps most steps, at least 1
   * @param tolerance stops a batch when all residuals are at most this, at least 0
   * @throws IllegalArgumentException if an argument is out of range or has a wrong shape
   */
  public static LanczosNorms measure(
      Device device,
      Network network,
      Map<String, HostTensor> params,
      HostTensor x,
      int steps,
      double tolerance) {
    if (steps < 1 || !(tolerance >= 0)) {
      throw new IllegalArgumentException(
          "lanczos: needs steps >= 1 and a tolerance >= 0, got " + steps + " and " + tolerance);
    }
    int models = JacobianNorms.models(network, params, x);
    int samples = x.shape().dim(0);
    int d = Math.toIntExact(network.input().size());
    int most = Math.min(steps, Math.min(network.outputs(), d));
    long fit = ELEMENTS / ((long) models * d * (most + 1));
    int batch = (int) Math.max(1, Math.min(Math.min(MOST_SAMPLES, samples), fit));
    LanczosNorms out = new LanczosNorms(new double[models][samples], new double[models][samples]);
    try (Scope scope = device.scope("lanczos")) {
      Map<String, Buffer> shared = JacobianNorms.store(scope, network, params);
      Shape rows = network.input().insert(0, batch);
      put(scope, shared, "x", DType.F64, rows.insert(0, 1));
      put(scope, shared, "q", DType.F64, rows.insert(0, models));
      put(scope, shared, "basis", DType.F64, Shape.of(models, batch, most, d));
      put(scope, shared, "step", DType.I32, Shape.of(1, 1, 1, 1));
      try (Executable start = compile(device, network, shared, true);
          Executable step = compile(device, network, shared, false)) {
        start.input("seed").write(seed(start.input("seed").type()));
        for (int from = 0; from < samples; from += batch) {
          shared.get("x").write(JacobianNorms.rows(network, x, from, batch));
          start.run();
          out.iterate(step, from, batch, most, tolerance);
        }
      }
    }
    return out;
  }

  private static void put(
      Scope scope, Map<String, Buffer> shared, String name, DType type, Shape shape) {
    shared.put(name, scope.buffer(name, new TensorType(type, shape)));
  }

  /** The same numbers for every sample, in no direction of the network's own. */
  private static HostTensor seed(TensorType type) {
    Random random = new Random(1);
    double[] out = new double[Math.toIntExact(type.shape().size())];
    for (int i = 0; i < out.length; i++) {
      out[i] = random.nextGaussian();
    }
    return HostTensor.of(type.shape(), out);
  }

  private static Executable compile(
      Device device, Network network, Map<String, Buffer> shared, boolean start) {
    Program.Builder b = Program.builder(start ? "lanczos-start" : "lanczos-step");
    Map<String, Value> params = JacobianNorms.declare(b, network, shared);
    TensorType rows = shared.get("q").type();
    Value x = F.broadcast(b.input("x", shared.get("x").type()), rows.shape());
    Value y = network.apply(params, x);
    SamplesApart.require(y, x);
    TrueDerivative.require(y, x);
    y = F.broadcast(y, y.shape().with(0, rows.shape().models()));
    if (start) {
      traceStart(b, x, y, shared);
    } else {
      traceStep(b, x, y, shared);
    }
    Program program = Simplify.run(b.build());
    Map<String, Buffer> bound = new LinkedHashMap<>(shared);
    bound.keySet().retainAll(program.inputs().keySet());
    return device.compile(program, bound);
  }

  /** The first vector lies in the row space of J, so that min(K, D) steps span all that matters. */
  private static void traceStart(Program.Builder b, Value x, Value y, Map<String, Buffer> shared) {
    Value seed = b.input("seed", new TensorType(DType.F64, Shape.of(1, 1, y.shape().dim(-1))));
    Value w = Diff.vjp(y, F.broadcast(seed, y.shape()), List.of(x)).get(0);
    TensorType basisType = shared.get("basis").type();
    b.input("q", shared.get("q").type());
    b.input("basis", basisType);
    b.input("step", shared.get("step").type());
    Value first = unit(flat(w, basisType.shape().dim(-1)));
    Value none = F.fill(DType.F64, basisType.shape(), 0);
    b.state("q", F.reshape(first, x.shape()));
    b.state("basis", F.select(at(none, F.iota(4, 1, 1)), first, none));
    b.state("step", F.iota(4, 1, 1));
  }

  private static void traceStep(Program.Builder b, Value x, Value y, Map<String, Buffer> shared) {
    Value q = b.input("q", shared.get("q").type());
    Value basis = b.input("basis", shared.get("basis").type());
    Value step = b.input("step", shared.get("step").type());
    Value u = Diff.jvp(List.of(y), List.of(x), List.of(q)).get(0);
    Value w = flat(Diff.vjp(y, u, List.of(x)).get(0), basis.shape().dim(-1)); // [M, B, 1, D]
    for (int pass = 0; pass < 2; pass++) {
      Value along = F.matmul(w, basis, false, true); // [M, B, 1, S]
      w = F.sub(w, F.matmul(along, basis));
    }
    Value next = unit(w);
    Value now = F.add(step, F.fill(DType.I32, step.shape(), 1));
    b.output("alpha", F.sum(F.square(u), 2));
    b.output("beta", F.l2Norm(w, 3));
    b.state("q", F.reshape(next, x.shape()));
    b.state("basis", F.select(at(basis, now), next, basis));
    b.state("step", now);
  }

  /** [M, B, features...] as [M, B, 1, D]. */
  private static Value flat(Value v, int d) {
    return F.reshape(v, Shape.of(v.shape().dim(0), v.shape().dim(1), 1, d));
  }

  /** Of length 1, or zero. */
  private static Value unit(Value w) {
    Value length = F.l2Norm(w, 3);
    Value positive = F.gt(length, F.constant(length, 0));
    return F.select(positive, F.div(w, length), F.constant(w, 0));
  }

  /** True in row {@code step} of the basis. */
  private static Value at(Value basis, Value step) {
    return F.eq(F.iota(4, 2, basis.shape().dim(2)), step);
  }

  private void iterate(Executable step, int from, int batch, int most, double tolerance) {
    List<double[]> alphas = new ArrayList<>();
    List<double[]> betas = new ArrayList<>();
    double worst = Double.POSITIVE_INFINITY;
    for (int s = 1; s <= most && worst > tolerance; s++) {
      step.run();
      alphas.add(step.output("alpha").read().doubles());
      betas.add(step.output("beta").read().doubles());
      if (s % 4 == 0 || s == most) {
        worst = ritz(alphas, betas, from, batch);
      }
    }
  }

  /** Largest Ritz value of each sample; returns the largest residual. */
  private double ritz(List<double[]> alphas, List<double[]> betas, int from, int batch) {
    double worst = 0;
    for (int m = 0; m < norms.length; m++) {
      for (int i = 0; i < batch && from + i < norms[m].length; i++) {
        int at = m * batch + i;
        int n = from + i;
        double residual = ritz(alphas, betas, at, m, n);
        residuals[m][n] = residual;
        worst = Math.max(worst, residual);
      }
    }
    return worst;
  }

  private double ritz(List<double[]> alphas, List<double[]> betas, int at, int m, int n) {
    double scale = 0;
    int s = 0;
    boolean ended = false;
    while (s < alphas.size() && !ended) {
      scale = Math.max(scale, alphas.get(s)[at] + betas.get(s)[at]);
      // An invariant subspace: what follows is rounding.
      ended = !(betas.get(s)[at] > 1e-14 * scale);
      s++;
    }
    if (!Double.isFinite(scale)) {
      norms[m][n] = Double.NaN;
      return 0;
    }
    double[] t = new double[s * s];
    for (int i = 0; i < s; i++) {
      t[i * s + i] = alphas.get(i)[at];
      if (i + 1 < s) {
        t[i * s + i + 1] = betas.get(i)[at];
        t[(i + 1) * s + i] = betas.get(i)[at];
      }
    }
    SymmetricEigen eigen = SymmetricEigen.of(t, s);
    double theta = Math.max(0, eigen.values()[s - 1]);
    norms[m][n] = Math.sqrt(theta);
    double last = Math.abs(eigen.vectors()[(s - 1) * s + s - 1]);
    return theta == 0 ? 0 : betas.get(s - 1)[at] * last / theta;
  }
}
