// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.plan;

import java.util.List;
import org.rigor.ir.Expr;
import org.rigor.ir.Lowering;

/**
 * One kernel of a plan. A step with {@code models} M runs for every model, and any range of models
 * can run separately; one with 1 runs once. Strides along the model axis are the first stride of an
 * operand's view (0 = shared).
 */
public sealed interface PlanStep {
  /** Returns the models of the result: M or 1. */
  int models();

  List<Operand> inputs();

  Operand output();

  /** Returns everything it writes. */
  default List<Operand> outputs() {
    return List.of(output());
  }

  /** Returns where it was traced, for messages. */
  String origin();

  /**
   * Elementwise kernel.
   *
   * @param nest operands in the order inputs, then output
   */
  record Map(int models, Expr body, List<Operand> inputs, Operand output, Nest nest, String origin)
      implements PlanStep {}

  /**
   * Elementwise kernels over one shape, run together element by element: a part may read what
   * earlier parts wrote, but only where it writes itself. A device runs the parts in order, or all
   * of them in one pass over the elements.
   *
   * @param parts at least two; the inputs of a part are its own
   * @param bodies one for each result, over {@code inputs}
   * @param inputs what the parts read from memory, all with views of one rank
   * @param results what is read later; the other outputs may stay unwritten
   * @param nest operands in the order inputs, then results
   */
  record Maps(
      int models,
      List<Map> parts,
      List<Expr> bodies,
      List<Operand> inputs,
      List<Operand> results,
      Nest nest)
      implements PlanStep {
    @Override
    public Operand output() {
      return parts.get(parts.size() - 1).output();
    }

    @Override
    public List<Operand> outputs() {
      return parts.stream().map(Map::output).toList();
    }

    @Override
    public String origin() {
      return parts.get(0).origin();
    }
  }

  /**
   * Steps over the same rows of a few values, run together row by row, such as a softmax and what
   * uses it: elementwise over the values or over the rows, or reducing the values of a row. A part
   * may read what earlier parts wrote, but only in its own row. A device runs the parts in order,
   * or all of them in one pass over the rows.
   *
   * @param values values of a row
   * @param parts at least two, maps and reductions; the inputs of a part are its own
   * @param sources for each input of each part: n for input n of this step, -1 - p for the result
   *     of part p
   * @param inputs what the parts read from memory
   * @param kept parts whose results are read later, ascending; the others' may stay unwritten
   * @param rows loops over rows; operands in the order inputs, then results of {@code kept}
   * @param strides of each of these operands from one value of a row to the next
   */
  record Rows(
      int models,
      int values,
      List<PlanStep> parts,
      List<List<Integer>> sources,
      List<Operand> inputs,
      List<Integer> kept,
      Nest rows,
      List<Long> strides)
      implements PlanStep {
    @Override
    public Operand output() {
      return parts.get(parts.size() - 1).output();
    }

    @Override
    public List<Operand> outputs() {
      return parts.stream().map(PlanStep::output).toList();
    }

    @Override
    public String origin() {
      return parts.get(0).origin();
    }
  }

  /**
   * Reduction of an expression. The reduced elements of one output element are numbered in
   * row-major order of {@code inner}, which fixes the order of summation.
   *
   * @param reducesModels M where the model axis is reduced too (slowest), else 1
   * @param outer loops over output elements; operands in the order inputs, then output
   * @param inner loops over reduced elements; operands are the inputs
   */
  record Reduce(
      int models,
      Lowering.Reduce.Kind kind,
      int reducesModels,
      Expr body,
      List<Operand> inputs,
      Operand output,
      Nest outer,
      Nest inner,
      String origin)
      implements PlanStep {}

  /**
   * Row-major products C[m,n] = op(A)[m,k] op(B)[k,n] for every model and every point of the batch
   * nest (operands a, b, c; one loop of extent 1 if there is no batch).
   */
  record Gemm(
      int models,
      int m,
      int n,
      int k,
      boolean transA,
      boolean transB,
      int lda,
      int ldb,
      int ldc,
      Nest batch,
      List<Operand> inputs,
      Operand output,
      String origin)
      implements PlanStep {}

  /**
   * An op's custom kernel; operands are dense within a model. One that updates reads and writes its
   * output, which an earlier step has started or which is a state.
   */
  record Launch(
      int models, Lowering.Launch launch, List<Operand> inputs, Operand output, String origin)
      implements PlanStep {}
}
