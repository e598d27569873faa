// SPDX-License-Identifier: Apache-2.0
package org.rigor.property;

import java.math.BigDecimal;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Sum a_j y_j + sum b_i x_i + c over outputs y and inputs x, with exact decimals.
 *
 * @param outputs a by index, none of them zero
 * @param inputs b by index, none of them zero
 */
public record Affine(
    SortedMap<Integer, BigDecimal> outputs,
    SortedMap<Integer, BigDecimal> inputs,
    BigDecimal constant) {
  private static final SortedMap<Integer, BigDecimal> NONE =
      Collections.unmodifiableSortedMap(new TreeMap<>());

  /** Returns a constant. */
  public static Affine of(BigDecimal c) {
    return new Affine(NONE, NONE, c);
  }

  /** Returns the output {@code y_j}. */
  public static Affine output(int j) {
    return new Affine(one(j), NONE, BigDecimal.ZERO);
  }

  /** Returns the input {@code x_i}. */
  public static Affine input(int i) {
    return new Affine(NONE, one(i), BigDecimal.ZERO);
  }

  private static SortedMap<Integer, BigDecimal> one(int index) {
    SortedMap<Integer, BigDecimal> map = new TreeMap<>();
    map.put(index, BigDecimal.ONE);
    return Collections.unmodifiableSortedMap(map);
  }

  public Affine plus(Affine other) {
    return new Affine(
        sum(outputs, other.outputs), sum(inputs, other.inputs), constant.add(other.constant));
  }

  public Affine minus(Affine other) {
    return plus(other.times(BigDecimal.ONE.negate()));
  }

  public Affine times(BigDecimal factor) {
    return new Affine(scaled(outputs, factor), scaled(inputs, factor), constant.multiply(factor));
  }

  private static SortedMap<Integer, BigDecimal> sum(
      SortedMap<Integer, BigDecimal> a, SortedMap<Integer, BigDecimal> b) {
    if (a.isEmpty() || b.isEmpty()) {
      return a.isEmpty() ? b : a;
    }
    SortedMap<Integer, BigDecimal> all = new TreeMap<>(a);
    b.forEach((i, v) -> all.merge(i, v, BigDecimal::add));
    all.values().removeIf(v -> v.signum() == 0);
    return Collections.unmodifiableSortedMap(all);
  }

  private static SortedMap<Integer, BigDecimal> scaled(
      SortedMap<Integer, BigDecimal> a, BigDecimal factor) {
    if (factor.signum() == 0) {
      return NONE;
    }
    SortedMap<Integer, BigDecimal> all = new TreeMap<>();
    a.forEach((i, v) -> all.put(i, v.multiply(factor)));
    return Collections.unmodifiableSortedMap(all);
  }

  /** Returns whether it depends on neither outputs nor inputs. */
  public boolean isConstant() {
    return outputs.isEmpty() && inputs.isEmpty();
  }

  /** Returns the value without outputs: sum b_i x_i + c. */
  BigDecimal atInputs(BigDecimal[] x) {
    BigDecimal value = constant;
    for (var term : inputs.entrySet()) {
      value = value.add(term.getValue().multiply(x[term.getKey()]));
    }
    return value;
  }

  /**
   * Returns a lower or upper side while the outputs lie in intervals.
   *
   * @param x exact inputs
   * @param lower sides of the outputs, finite
   * @param upper sides of the outputs, finite
   */
  BigDecimal side(BigDecimal[] x, double[] lower, double[] upper, boolean high) {
    BigDecimal value = atInputs(x);
    for (var term : outputs.entrySet()) {
      boolean top = high == term.getValue().signum() > 0;
      double y = (top ? upper : lower)[term.getKey()];
      value = value.add(term.getValue().multiply(Decimals.exact(y)));
    }
    return value;
  }

  /** Returns it as in {@code 2 * Y_0 - Y_1 + 0.5}. */
  @Override
  public String toString() {
    StringBuilder out = new StringBuilder();
    outputs.forEach((j, a) -> term(out, a, "Y_" + j));
    inputs.forEach((i, b) -> term(out, b, "X_" + i));
    if (constant.signum() != 0 || out.isEmpty()) {
      term(out, constant, "");
    }
    return out.toString();
  }

  private static void term(StringBuilder out, BigDecimal factor, String name) {
    boolean negative = factor.signum() < 0;
    out.append(out.isEmpty() ? (negative ? "-" : "") : negative ? " - " : " + ");
    boolean one = factor.abs().compareTo(BigDecimal.ONE) == 0;
    if (name.isEmpty() || !one) {
      out.append(factor.abs()).append(name.isEmpty() ? "" : " * ");
    }
    out.append(name);
  }
}
