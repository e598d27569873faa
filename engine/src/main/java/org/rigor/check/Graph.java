// SPDX-License-Identifier: Apache-2.0
package org.rigor.check;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.io.DataException;

/**
 * A network as numbered values, each flat in row-major order: value 0 is the input, the others come
 * from steps.
 */
final class Graph {
  private final String file;
  private final List<Step> steps = new ArrayList<>();
  private final List<Integer> bends = new ArrayList<>();
  private final List<int[]> shapes = new ArrayList<>();
  private final Map<String, Integer> values = new LinkedHashMap<>();
  private final Map<String, Model.Array> constants;
  private final int output;

  private Graph(String file, Model model) {
    this.file = file;
    this.constants = new LinkedHashMap<>(model.constants());
    shapes.add(model.shape());
    steps.add(new Step.Affine(List.of(), new double[size(model.shape())], 0));
    values.put(model.input(), 0);
    for (Model.Node n : model.nodes()) {
      if (n.outputs().isEmpty() || values.containsKey(n.outputs().get(0))) {
        throw refusal(n, "its result has no name of its own");
      }
      try {
        Operators.of(file, n).read(this, n);
      } catch (ArithmeticException | IndexOutOfBoundsException e) {
        throw refusal(n, "its sizes do not fit"); // of attributes, constants or shapes
      }
    }
    output = value(model.output());
  }

  /**
   * Reads a model.
   *
   * @throws DataException if an operator of it cannot be checked
   */
  static Graph of(String file, Model model) {
    return new Graph(file, model);
  }

  static int size(int... shape) {
    long n = 1;
    for (int d : shape) {
      n = Math.multiplyExact(n, d);
    }
    return Math.toIntExact(n);
  }

  int inputs() {
    return steps.get(0).size();
  }

  int outputs() {
    return steps.get(output).size();
  }

  /** Returns the number of the output. */
  int output() {
    return output;
  }

  /** Returns the steps by number of their values; that of the input is void. */
  List<Step> steps() {
    return steps;
  }

  /** Returns the numbers of the values that bend, in order. */
  List<Integer> bends() {
    return bends;
  }

  /** Returns the step of a bend, by its place in {@link #bends}. */
  Step.Bend bend(int number) {
    return (Step.Bend) steps.get(bends.get(number));
  }

  // ---- for operators

  boolean isConstant(String name) {
    return constants.containsKey(name);
  }

  Model.Array constant(Model.Node n, int input) {
    String name = input < n.inputs().size() ? n.inputs().get(input) : "";
    Model.Array a = constants.get(name);
    if (a == null) {
      throw refusal(n, "input " + input + " must be a constant");
    }
    return a;
  }

  int value(String name) {
    Integer v = values.get(name);
    if (v == null) {
      throw new DataException(file + ": nothing makes the value '" + name + "'");
    }
    return v;
  }

  int[] shape(int value) {
    return shapes.get(value);
  }

  /** Returns the number of the value that a node reads. */
  int input(Model.Node n, int input) {
    if (input >= n.inputs().size() || isConstant(n.inputs().get(input))) {
      throw refusal(n, "input " + input + " must depend on the network's input");
    }
    return value(n.inputs().get(input));
  }

  void define(Model.Node n, Step step, int... shape) {
    if (step.size() != size(shape)) {
      throw refusal(n, "its sizes do not fit");
    }
    if (constants.containsKey(n.outputs().get(0))) {
      throw refusal(n, "its result has the name of a constant");
    }
    values.put(n.outputs().get(0), steps.size());
    if (step instanceof Step.Bend) {
      bends.add(steps.size());
    }
    steps.add(step);
    shapes.add(shape);
  }

  /** Names a value anew, in another shape. */
  void rename(Model.Node n, int value, int... shape) {
    if (size(shape) != size(shapes.get(value))) {
      throw refusal(n, "its sizes do not fit");
    }
    define(
        n,
        new Step.Affine(
            List.of(new Step.Part(value, Matrix.picks(size(shape), range(size(shape))))),
            new double[size(shape)],
            0),
        shape);
  }

  void defineConstant(Model.Node n, Model.Array a) {
    constants.put(n.outputs().get(0), a);
  }

  DataException refusal(Model.Node n, String why) {
    return new DataException("%s: %s cannot be checked: %s".formatted(file, n, why));
  }

  static int[] range(int n) {
    int[] all = new int[n];
    Arrays.setAll(all, i -> i);
    return all;
  }
}
