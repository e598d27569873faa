// SPDX-License-Identifier: Apache-2.0
package org.rigor.property;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/**
 * Clauses on one box in doubles, rounded so that whoever refutes them refutes the decimals: the box
 * outward, and each row downward at every point of the box. A row is multiplied by a power of ten
 * where that makes its output coefficients doubles; where it does not, the row is refused, for what
 * would have to be charged depends on the outputs. Coefficients of inputs are rounded, and the
 * difference times the input's largest magnitude in the box is taken off the constant, which is
 * itself rounded down.
 *
 * @param lower [D]
 * @param upper [D]
 * @param outputs coefficients of each row, [R][K]
 * @param inputs coefficients of each row, [R][D]; empty if no row has any
 * @param constants [R]
 * @param clauses rows of each clause; refuted if one of them is above zero on the box
 * @param origin number of each clause in the property
 */
public record RoundedProblem(
    double[] lower,
    double[] upper,
    double[][] outputs,
    double[][] inputs,
    double[] constants,
    int[][] clauses,
    int[] origin) {

  /**
   * Returns the clauses of a property that have rows, those of one box together, in order.
   *
   * @throws IllegalArgumentException naming a row whose output coefficients no scale makes doubles
   */
  public static List<RoundedProblem> of(Property p) {
    Map<InputBox, List<Integer>> by = new LinkedHashMap<>();
    for (int i = 0; i < p.clauses().size(); i++) {
      if (!p.clauses().get(i).rows().isEmpty()) {
        by.computeIfAbsent(p.clauses().get(i).box(), b -> new ArrayList<>()).add(i);
      }
    }
    List<RoundedProblem> out = new ArrayList<>();
    by.forEach((box, clauses) -> out.add(of(p, box, clauses)));
    return out;
  }

  private static RoundedProblem of(Property p, InputBox box, List<Integer> of) {
    Map<Affine, Integer> number = new LinkedHashMap<>(); // equal rows are one
    int[][] clauses = new int[of.size()][];
    for (int c = 0; c < clauses.length; c++) {
      clauses[c] =
          p.clauses().get(of.get(c)).rows().stream()
              .map(Row::form)
              .mapToInt(f -> number.computeIfAbsent(f, k -> number.size()))
              .toArray();
    }
    boolean mixed = number.keySet().stream().anyMatch(f -> !f.inputs().isEmpty());
    double[][] outputs = new double[number.size()][p.outputs()];
    double[][] inputs = mixed ? new double[number.size()][p.inputs()] : new double[0][];
    double[] constants = new double[number.size()];
    number.forEach(
        (form, r) ->
            constants[r] = round(form, box, outputs[r], mixed ? inputs[r] : new double[0]));
    double[] lower = new double[box.size()];
    double[] upper = new double[box.size()];
    for (int i = 0; i < lower.length; i++) {
      lower[i] = Decimals.down(box.lower(i));
      upper[i] = Decimals.up(box.upper(i));
    }
    return new RoundedProblem(
        lower,
        upper,
        outputs,
        inputs,
        constants,
        clauses,
        of.stream().mapToInt(Integer::intValue).toArray());
  }

  /** Rounds a form; writes its coefficients and returns its constant. */
  private static double round(Affine exact, InputBox box, double[] outputs, double[] inputs) {
    Affine form = scaled(exact);
    form.outputs().forEach((j, a) -> outputs[j] = a.doubleValue());
    BigDecimal constant = form.constant();
    for (var term : form.inputs().entrySet()) {
      int i = term.getKey();
      inputs[i] = term.getValue().doubleValue();
      BigDecimal lost = term.getValue().subtract(Decimals.exact(inputs[i])).abs();
      BigDecimal most = box.lower(i).abs().max(box.upper(i).abs());
      constant = constant.subtract(lost.multiply(most));
    }
    return Decimals.down(constant);
  }

  private static Affine scaled(Affine form) {
    if (exact(form.outputs())) {
      return form;
    }
    int digits = form.outputs().values().stream().mapToInt(BigDecimal::scale).max().orElse(0);
    if (digits <= 300) {
      Affine whole = form.times(BigDecimal.ONE.scaleByPowerOfTen(digits));
      if (exact(whole.outputs())) {
        return whole;
      }
    }
    throw new IllegalArgumentException(
        "the coefficients of outputs in "
            + form
            + " have more digits than doubles hold, in any unit that is a power of ten");
  }

  private static boolean exact(SortedMap<Integer, BigDecimal> coefficients) {
    return coefficients.values().stream().allMatch(Decimals::isDouble);
  }
}
