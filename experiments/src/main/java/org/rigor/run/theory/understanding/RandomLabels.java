// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.understanding;

import java.util.LinkedHashMap;
import java.util.Map;
import org.rigor.exec.Executable;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.linalg.SpectralNorm;
import org.rigor.nn.TrialKey;
import org.rigor.op.F;
import org.rigor.op.Order;
import org.rigor.op.Randoms;
import org.rigor.op.Solve;
import org.rigor.run.theory.Calculation;
import org.rigor.run.theory.Lab;
import org.rigor.run.theory.Law;
import org.rigor.run.theory.Tolerance;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Range;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.workspace.Workspace;

/**
 * Two layers of rectifiers with 2n + d weights, f(x) = sum_j w_j max(a.x - b_j, 0), fit any labels
 * of n points: with biases between the sorted projections a.x_i, the system for w is triangular.
 */
@Doc("A network with 2n + d weights fits random labels of n points exactly.")
public record RandomLabels(
    @Doc("Points n.") @Default("200") @Range(min = 2, max = 4000) int points,
    @Doc("Dimension d.") @Default("50") @Range(min = 1, max = 100_000) int dimension)
    implements Law {
  @Override
  public String id() {
    return "rigorous-understanding/A5";
  }

  @Override
  public String source() {
    return "Zhang et al. 2017, theorem 1";
  }

  @Override
  public String says() {
    return "There is a two-layer ReLU network with 2n + d weights that takes any values on n"
        + " points.";
  }

  @Override
  public void measure(Lab lab) {
    lab.phase("interpolation");
    Program.Builder b = Program.builder(id());
    Value key = b.input("key", new TensorType(DType.I32, Shape.of(1, 2)));
    trace(Randoms.fixed(key, F.fill(DType.I32, Shape.of(1, 1), 0))).forEach(b::output);
    TrialKey own = TrialKey.of(lab.seed(), id());
    Map<String, HostTensor> solved =
        Calculation.run(
            lab.device(), b.build(), Map.of("key", TrialKey.tensor(java.util.List.of(own))));
    double[] s = SpectralNorm.singularValues(solved.get("matrix").doubles(), points, points);
    double condition = s[0] / s[points - 1];

    Program network = network();
    double largest = 0;
    try (Executable e = Workspace.alone(lab.device(), network)) {
      network.inputs().keySet().forEach(name -> e.input(name).write(solved.get(name)));
      e.run();
      double[] f = e.output("f").read().doubles();
      for (int i = 0; i < points; i++) {
        largest = Math.max(largest, Math.abs(f[i] - solved.get("labels").get(i)));
      }
    }
    lab.compare(
        "largest |f(x_i) - y_i|",
        "0; allowed 10 cond u",
        0,
        largest,
        new Tolerance(10 * condition * 0x1p-52, "10 cond 2^-52"));
    lab.compare(
        "largest entry above the diagonal",
        "0: triangular",
        0,
        upper(solved),
        Tolerance.absolute(0));
    long weights =
        network.inputs().entrySet().stream()
            .filter(i -> !i.getKey().equals("x"))
            .mapToLong(i -> i.getValue().shape().size())
            .sum();
    lab.compare(
        "weights of the network", "2n + d", 2 * points + dimension, weights, Tolerance.absolute(0));
    lab.report("condition number of the system", condition);
  }

  private double upper(Map<String, HostTensor> solved) {
    double largest = 0;
    for (int i = 0; i < points; i++) {
      for (int j = i + 1; j < points; j++) {
        largest = Math.max(largest, Math.abs(solved.get("matrix").get(i * points + j)));
      }
    }
    return largest;
  }

  /** Returns points, labels and the weights that fit them. */
  private Map<String, Value> trace(Randoms r) {
    Value x = flat(r.normal("x", DType.F64, Shape.of(points, dimension)), points, dimension);
    Value a = flat(r.normal("a", DType.F64, Shape.of(dimension, 1)), dimension, 1);
    Value y = flat(r.signs("labels", DType.F64, Shape.of(1, points)), 1, points); // [1, 1, n]
    Value z = F.reshape(F.matmul(x, a), Shape.of(1, 1, points));
    Order.Sorted sorted = Order.sort(z, 2);
    Value up = sorted.values(); // [1, 1, n]
    // b_1 lies below all projections, b_j in the middle between neighbours.
    Value first = F.add(F.slice(up, 2, 0, 1), -1);
    Value middle = F.mul(F.add(F.slice(up, 2, 0, points - 1), F.slice(up, 2, 1, points)), 0.5);
    Value bias = F.concat(2, first, middle);
    Value matrix = F.relu(F.sub(F.reshape(up, Shape.of(1, points, 1)), bias)); // [1, n, n]
    Value right = F.reshape(Order.takeAlong(y, sorted.indices()), Shape.of(1, points, 1));
    Map<String, Value> out = new LinkedHashMap<>();
    out.put("x", x);
    out.put("labels", y);
    out.put("direction", a);
    out.put("bias", bias);
    out.put("weight", Solve.triangular(matrix, right, false, false));
    out.put("matrix", matrix);
    return out;
  }

  private static Value flat(Value v, int rows, int columns) {
    return F.reshape(v, Shape.of(1, rows, columns));
  }

  private Program network() {
    Program.Builder b = Program.builder("network");
    Value x = b.input("x", new TensorType(DType.F64, Shape.of(1, points, dimension)));
    Value a = b.input("direction", new TensorType(DType.F64, Shape.of(1, dimension, 1)));
    Value bias = b.input("bias", new TensorType(DType.F64, Shape.of(1, 1, points)));
    Value w = b.input("weight", new TensorType(DType.F64, Shape.of(1, points, 1)));
    b.output("f", F.matmul(F.relu(F.sub(F.matmul(x, a), bias)), w));
    return b.build();
  }
}
