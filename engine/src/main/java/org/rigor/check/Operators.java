// SPDX-License-Identifier: Apache-2.0
package org.rigor.check;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.rigor.io.DataException;

/** The ONNX operators that a checker knows: one line each. */
final class Operators {
  /** Reads a node into a graph. */
  interface Reader {
    void read(Graph g, Model.Node n);
  }

  private static final Map<String, Reader> ALL =
      Map.ofEntries(
          Map.entry("Add", (g, n) -> sum(g, n, 1)),
          Map.entry("BatchNormalization", Operators::batchNormalization),
          Map.entry("Concat", Operators::concat),
          Map.entry("Constant", Operators::constant),
          Map.entry("Conv", Convolution::read),
          Map.entry("Div", (g, n) -> scale(g, n, true)),
          Map.entry("Dropout", Operators::same),
          Map.entry("Flatten", Operators::flatten),
          Map.entry("Gemm", Operators::gemm),
          Map.entry("Identity", Operators::same),
          Map.entry("LeakyRelu", (g, n) -> bend(g, n, n.real("alpha", 0.01f))),
          Map.entry("MatMul", Operators::matMul),
          Map.entry("Mul", (g, n) -> scale(g, n, false)),
          Map.entry("Relu", (g, n) -> bend(g, n, 0)),
          Map.entry("Reshape", Operators::reshape),
          Map.entry("Sub", (g, n) -> sum(g, n, -1)),
          Map.entry("Transpose", Operators::transpose));

  private Operators() {}

  /** Returns the names of all. */
  static Set<String> names() {
    return new TreeSet<>(ALL.keySet());
  }

  static Reader of(String file, Model.Node n) {
    Reader r = ALL.get(n.op());
    if (r == null) {
      throw new DataException(
          "%s: %s cannot be checked; the checker knows %s"
              .formatted(file, n, String.join(", ", names())));
    }
    return r;
  }

  private static void bend(Graph g, Model.Node n, double slope) {
    if (!(slope >= 0 && slope <= 1)) {
      throw g.refusal(n, "its slope " + slope + " lies outside [0, 1]");
    }
    int from = g.input(n, 0);
    g.define(n, new Step.Bend(from, slope, n.index(), Graph.size(g.shape(from))), g.shape(from));
  }

  private static void constant(Graph g, Model.Node n) {
    if (!(n.attributes().get("value") instanceof Model.Array a)) {
      throw g.refusal(n, "its value is not a tensor");
    }
    g.defineConstant(n, a);
  }

  private static void same(Graph g, Model.Node n) {
    if (n.op().equals("Dropout") && n.inputs().size() > 2) {
      throw g.refusal(n, "it may drop");
    }
    if (g.isConstant(n.inputs().get(0))) {
      g.defineConstant(n, g.constant(n, 0));
      return;
    }
    int from = g.input(n, 0);
    g.rename(n, from, g.shape(from));
  }

  private static void flatten(Graph g, Model.Node n) {
    int from = g.input(n, 0);
    int[] s = g.shape(from);
    int given = n.integer("axis", 1);
    int axis = given < 0 ? given + s.length : given;
    int before = Graph.size(Arrays.copyOf(s, axis));
    g.rename(n, from, before, Graph.size(s) / before);
  }

  private static void reshape(Graph g, Model.Node n) {
    int from = g.input(n, 0);
    int[] asked = g.constant(n, 1).integers();
    int[] shape = asked.clone();
    int rest = -1;
    int known = 1;
    for (int i = 0; i < shape.length; i++) {
      if (asked[i] == 0 && i < g.shape(from).length) {
        shape[i] = g.shape(from)[i];
      }
      if (asked[i] == -1) {
        rest = i;
      } else {
        known *= shape[i];
      }
    }
    if (rest >= 0) {
      shape[rest] = known == 0 ? 0 : Graph.size(g.shape(from)) / known;
    }
    g.rename(n, from, shape);
  }

  private static void transpose(Graph g, Model.Node n) {
    int from = g.input(n, 0);
    int[] s = g.shape(from);
    int[] reversed = new int[s.length];
    Arrays.setAll(reversed, i -> s.length - 1 - i);
    int[] order = n.integers("perm", reversed);
    int[] shape = new int[s.length];
    Arrays.setAll(shape, i -> s[order[i]]);
    int[] strides = strides(s);
    int[] moved = new int[s.length];
    Arrays.setAll(moved, i -> strides[order[i]]);
    int[] picks = walk(shape, moved);
    g.define(n, linear(from, Matrix.picks(Graph.size(s), picks), 0), shape);
  }

  private static void concat(Graph g, Model.Node n) {
    int[] first = g.shape(g.input(n, 0));
    int axis = Math.floorMod(n.integer("axis", 0), first.length);
    int[] shape = first.clone();
    shape[axis] = 0;
    for (int k = 0; k < n.inputs().size(); k++) {
      shape[axis] += g.shape(g.input(n, k))[axis];
    }
    List<Step.Part> parts = new ArrayList<>();
    int at = 0;
    for (int k = 0; k < n.inputs().size(); k++) {
      int from = g.input(n, k);
      int[] s = g.shape(from);
      int inner = Graph.size(Arrays.copyOfRange(s, axis, s.length));
      int row = Graph.size(Arrays.copyOfRange(shape, axis, shape.length));
      Matrix m = new Matrix(Graph.size(s));
      for (int i = 0; i < Graph.size(shape); i++) {
        int in = i % row - at;
        if (in >= 0 && in < inner) {
          m.put(i / row * inner + in, 1);
        }
        m.endRow();
      }
      parts.add(new Step.Part(from, m));
      at += inner;
    }
    g.define(n, new Step.Affine(parts, new double[Graph.size(shape)], 0), shape);
  }

  private static void gemm(Graph g, Model.Node n) {
    int from = g.input(n, 0);
    Model.Array b = g.constant(n, 1);
    int[] s = g.shape(from);
    if (s.length != 2 || s[0] != 1 || n.integer("transA", 0) != 0) {
      throw g.refusal(n, "its input must be one row");
    }
    boolean across = n.integer("transB", 0) != 0;
    int columns = b.shape()[across ? 0 : 1];
    double alpha = n.real("alpha", 1);
    double beta = n.real("beta", 1);
    Matrix m = dense(g, n, b.data(), s[1], columns, across ? s[1] : 1, across ? 1 : columns, alpha);
    double[] bias = new double[columns];
    if (n.inputs().size() > 2 && !n.inputs().get(2).isEmpty()) {
      Model.Array c = g.constant(n, 2);
      int[] at = broadcast(c.shape(), 1, columns);
      Arrays.setAll(bias, j -> beta * c.data()[at[j]]);
    }
    int uncertain = alpha == 1 && beta == 1 ? 0 : 1;
    g.define(n, new Step.Affine(List.of(new Step.Part(from, m)), bias, uncertain), 1, columns);
  }

  /** Returns x -> x B, where B's element (k, j) lies at {@code j * perColumn + k * perRow}. */
  private static Matrix dense(
      Graph g,
      Model.Node n,
      double[] b,
      int inputs,
      int columns,
      int perColumn,
      int perRow,
      double scale) {
    if (b.length != inputs * columns) {
      throw g.refusal(n, "its sizes do not fit");
    }
    Matrix m = new Matrix(inputs);
    for (int j = 0; j < columns; j++) {
      for (int k = 0; k < inputs; k++) {
        m.put(k, scale * b[j * perColumn + k * perRow]);
      }
      m.endRow();
    }
    return m;
  }

  private static void matMul(Graph g, Model.Node n) {
    boolean left = g.isConstant(n.inputs().get(0));
    int from = g.input(n, left ? 1 : 0);
    Model.Array c = g.constant(n, left ? 0 : 1);
    int[] s = g.shape(from);
    if (c.shape().length != 2 || s.length < 1) {
      throw g.refusal(n, "its constant must be a matrix");
    }
    int columns = left ? s[s.length - 1] : c.shape()[1];
    int inner = left ? c.shape()[1] : c.shape()[0];
    int rows = left ? c.shape()[0] : Graph.size(s) / inner;
    int met = s.length == 1 ? s[0] : s[s.length - (left ? 2 : 1)];
    if (met != inner || left && Graph.size(s) != inner * columns) {
      throw g.refusal(n, "its sizes do not fit");
    }
    Matrix m = new Matrix(Graph.size(s));
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        for (int k = 0; k < inner; k++) {
          if (left) {
            m.put(k * columns + j, c.data()[i * inner + k]);
          } else {
            m.put(i * inner + k, c.data()[k * columns + j]);
          }
        }
        m.endRow();
      }
    }
    int[] shape = s.clone();
    if (left) {
      shape[s.length - 2] = rows;
    } else {
      shape[s.length - 1] = columns;
    }
    g.define(n, linear(from, m, 0), shape);
  }

  private static void sum(Graph g, Model.Node n, double sign) {
    int[] shape = shared(g, n);
    int size = Graph.size(shape);
    double[] constant = new double[size];
    List<Step.Part> parts = new ArrayList<>();
    for (int k = 0; k < 2; k++) {
      double s = k == 0 ? 1 : sign;
      String name = n.inputs().get(k);
      if (g.isConstant(name)) {
        Model.Array c = g.constant(n, k);
        int[] at = broadcast(c.shape(), shape);
        Arrays.setAll(constant, i -> s * c.data()[at[i]]);
      } else {
        int[] at = broadcast(g.shape(g.value(name)), shape);
        Matrix m = new Matrix(Graph.size(g.shape(g.value(name))));
        for (int i : at) {
          m.put(i, s);
          m.endRow();
        }
        parts.add(new Step.Part(g.value(name), m));
      }
    }
    g.define(n, new Step.Affine(parts, constant, 0), shape);
  }

  private static void scale(Graph g, Model.Node n, boolean divides) {
    boolean first = !divides && g.isConstant(n.inputs().get(0));
    int from = g.input(n, first ? 1 : 0);
    Model.Array c = g.constant(n, first ? 0 : 1);
    int[] shape = shared(g, n);
    int[] at = broadcast(c.shape(), shape);
    int[] of = broadcast(g.shape(from), shape);
    Matrix m = new Matrix(Graph.size(g.shape(from)));
    for (int i = 0; i < at.length; i++) {
      m.put(of[i], divides ? 1 / c.data()[at[i]] : c.data()[at[i]]);
      m.endRow();
    }
    g.define(n, linear(from, m, divides ? 1 : 0), shape);
  }

  private static void batchNormalization(Graph g, Model.Node n) {
    int from = g.input(n, 0);
    int[] s = g.shape(from);
    if (n.integer("training_mode", 0) != 0 || n.outputs().size() > 1 || s.length < 2) {
      throw g.refusal(n, "it must use stored statistics");
    }
    if (n.integer("spatial", 1) == 0) {
      throw g.refusal(n, "it must use the same statistics at all places of a channel");
    }
    double[] gain = g.constant(n, 1).data();
    double[] bias = g.constant(n, 2).data();
    double[] mean = g.constant(n, 3).data();
    double[] variance = g.constant(n, 4).data();
    double epsilon = n.real("epsilon", 1e-5f);
    int inner = Graph.size(Arrays.copyOfRange(s, 2, s.length));
    double[] weights = new double[Graph.size(s)];
    double[] centre = new double[weights.length];
    double[] shift = new double[weights.length];
    for (int i = 0; i < weights.length; i++) {
      int c = i / inner % s[1];
      weights[i] = gain[c] / Math.sqrt(variance[c] + epsilon);
      centre[i] = -mean[c];
      shift[i] = bias[c];
    }
    // x - mean, then times the gain, then plus the bias: no difference of rounded products
    Matrix same = Matrix.picks(weights.length, Graph.range(weights.length));
    g.define(n, new Step.Affine(List.of(new Step.Part(from, same)), centre, 0), s);
    int centred = g.value(n.outputs().get(0));
    g.define(n, linear(centred, Matrix.diagonal(weights), 4), s);
    int scaled = g.value(n.outputs().get(0));
    g.define(n, new Step.Affine(List.of(new Step.Part(scaled, same)), shift, 0), s);
  }

  static Step linear(int from, Matrix m, int uncertain) {
    return new Step.Affine(List.of(new Step.Part(from, m)), new double[m.rows()], uncertain);
  }

  private static int[] shared(Graph g, Model.Node n) {
    int[] a = shape(g, n, 0);
    int[] b = shape(g, n, 1);
    int[] out = new int[Math.max(a.length, b.length)];
    for (int i = 1; i <= out.length; i++) {
      int x = i <= a.length ? a[a.length - i] : 1;
      int y = i <= b.length ? b[b.length - i] : 1;
      if (x != y && x != 1 && y != 1) {
        throw g.refusal(n, "its sizes do not fit");
      }
      out[out.length - i] = x == 1 ? y : x;
    }
    return out;
  }

  private static int[] shape(Graph g, Model.Node n, int input) {
    String name = n.inputs().get(input);
    return g.isConstant(name) ? g.constant(n, input).shape() : g.shape(g.value(name));
  }

  /** Returns for each element of {@code to} the element of {@code from} that is repeated there. */
  private static int[] broadcast(int[] from, int... to) {
    int[] own = strides(from);
    int[] moved = new int[to.length];
    for (int i = 1; i <= from.length; i++) {
      moved[to.length - i] = from[from.length - i] == 1 ? 0 : own[from.length - i];
    }
    return walk(to, moved);
  }

  private static int[] strides(int... shape) {
    int[] strides = new int[shape.length];
    int n = 1;
    for (int i = shape.length - 1; i >= 0; i--) {
      strides[i] = n;
      n *= shape[i];
    }
    return strides;
  }

  private static int[] walk(int[] shape, int... strides) {
    int[] out = new int[Graph.size(shape)];
    for (int i = 0; i < out.length; i++) {
      int left = i;
      for (int d = shape.length - 1; d >= 0; d--) {
        out[i] += left % shape[d] * strides[d];
        left /= shape[d];
      }
    }
    return out;
  }
}
