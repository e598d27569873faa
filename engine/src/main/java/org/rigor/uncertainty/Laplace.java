// SPDX-License-Identifier: Apache-2.0
package org.rigor.uncertainty;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.TrialKey;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.op.Solve;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Workspace;

/**
 * Laplace's approximation: the normal distribution around a mode of {@code exp(-U)} whose precision
 * is a matrix of second derivatives of U there (MacKay 1992; Daxberger et al. 2021). A network uses
 * its draws directly, or is linearised around the mode ({@link LinearisedNetwork}), the predictive
 * under which the Gauss-Newton matrix is exact (Immer et al. 2021).
 */
public record Laplace(Matrix matrix) {
  /** The second derivatives that make up the precision. */
  public enum Matrix {
    /** All of U; may be indefinite away from a minimum or at kinks. */
    HESSIAN,
    /** Generalised Gauss-Newton matrix and prior: positive definite. For small networks. */
    GAUSS_NEWTON,
    /** The diagonal of the Gauss-Newton matrix. */
    DIAGONAL,
    /** The Gauss-Newton block of the last layer; all other weights stay at the mode. */
    LAST_LAYER
  }

  /**
   * An approximation fitted to M rows.
   *
   * @param mode F64 [M, shape...] by name
   * @param names parameters that vary, in the order of {@code factor}
   * @param factor lower Cholesky factor of the precision, F64 [M, P, P]
   */
  public record Fit(Map<String, HostTensor> mode, List<String> names, HostTensor factor) {
    /** Returns the log-determinant of a row's precision. */
    public double logDeterminant(int row) {
      int p = factor.shape().dim(1);
      double sum = 0;
      for (int i = 0; i < p; i++) {
        sum += 2 * Math.log(factor.get((row * p + i) * p + i));
      }
      return sum;
    }

    /**
     * Returns draws {@code mode + L^-T z}, [M, J, shape...].
     *
     * @param first number of the first draw
     */
    public Map<String, HostTensor> draws(Device device, List<TrialKey> keys, int first, int count) {
      Map<String, HostTensor> given = new LinkedHashMap<>();
      mode.forEach((name, v) -> given.put("mode/" + name, v));
      given.put("factor", factor);
      return Draws.run(device, keys, first, count, given, (in, random) -> rule(in, random, count));
    }

    private Map<String, Value> rule(Map<String, Value> in, Randoms random, int count) {
      int models = factor.shape().models();
      int p = factor.shape().dim(1);
      Value z = random.normal("laplace/draw", DType.F64, Shape.of(p)); // [M, J, P]
      Value columns = F.transpose(z, List.of(0, 2, 1));
      Value d =
          F.transpose(Solve.triangular(in.get("factor"), columns, false, true), List.of(0, 2, 1));
      Map<String, Value> out = new LinkedHashMap<>();
      int first = 0;
      for (String name : mode.keySet()) {
        Value w = Draws.lifted(in.get("mode/" + name));
        Shape each = w.shape().with(1, count);
        if (names.contains(name)) {
          int n = (int) (w.shape().size() / models);
          Value part = F.slice(d, 2, first, first + n);
          out.put(name, F.add(w, F.reshape(part, each)));
          first += n;
        } else {
          out.put(name, F.broadcast(w, each));
        }
      }
      return out;
    }
  }

  /**
   * Fits around a mode that the caller has found, for example by {@link #mode}.
   *
   * @param mode F64 [M, shape...] by name
   * @throws ArithmeticException if a matrix is not positive definite
   */
  public Fit fit(Device device, Potential target, Map<String, HostTensor> mode) {
    List<String> names = List.copyOf(target.parameters().keySet());
    if (matrix == Matrix.LAST_LAYER) {
      String last = names.get(names.size() - 1);
      String layer = last.substring(0, last.lastIndexOf('.') + 1);
      names = names.stream().filter(n -> n.startsWith(layer)).toList();
    }
    HostTensor curvature = new Curvatures(device, target, names, matrix != Matrix.HESSIAN).at(mode);
    Map<String, HostTensor> ordered = new LinkedHashMap<>();
    target.parameters().keySet().forEach(name -> ordered.put(name, mode.get(name)));
    return new Fit(ordered, names, factor(device, curvature));
  }

  private HostTensor factor(Device device, HostTensor curvature) {
    int p = curvature.shape().dim(1);
    double[] a = curvature.doubles();
    if (matrix == Matrix.DIAGONAL) {
      for (int i = 0; i < a.length; i++) {
        boolean diagonal = i / p % p == i % p;
        a[i] = diagonal ? a[i] : 0;
      }
    }
    Program.Builder b = Program.builder("laplace-factor");
    Value in = b.input("curvature", curvature.type());
    b.output("factor", Solve.cholesky(in));
    try (Workspace space = new Workspace(device, "laplace")) {
      space.put("curvature", curvature);
      Executable e = space.link(b.build());
      e.run();
      HostTensor l = space.read("factor");
      if (l.firstOutside(-Double.MAX_VALUE, Double.MAX_VALUE).isPresent()) {
        int row = l.firstOutside(-Double.MAX_VALUE, Double.MAX_VALUE).getAsInt() / (p * p);
        throw new ArithmeticException(
            "laplace: the "
                + matrix
                + " matrix of row "
                + row
                + " is not positive definite; the point is no minimum, or the Gauss-Newton matrix"
                + " is needed");
      }
      return l;
    }
  }

  /** Finds a minimum of U near a start, [M, shape...] by name. */
  public static Map<String, HostTensor> mode(
      Device device,
      Potential target,
      List<TrialKey> keys,
      Map<String, HostTensor> start,
      Descent descent) {
    Map<String, HostTensor> from = new LinkedHashMap<>();
    target.parameters().keySet().forEach(name -> from.put(name, start.get(name).toDouble()));
    return descent.run(device, target.inputs(), keys, from, (b, w, key, step) -> target.of(b, w));
  }
}
