// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import org.rigor.io.onnx.OnnxNode;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;

/**
 * Traces the nodes of a file, one method an operator (ONNX operator specification, versions 7 and
 * up). Errors are IllegalArgumentExceptions; who calls adds the file and the node.
 */
final class OnnxTrace {
  private final Map<String, HostTensor> constants;
  private final Map<String, Term> terms = new HashMap<>();

  /**
   * @param constants integers and booleans by name
   */
  OnnxTrace(Map<String, HostTensor> constants) {
    this.constants = constants;
  }

  /** Declares a tensor that no node computes. */
  void put(String name, Value value, boolean batched) {
    terms.put(name, new Term(value, batched));
  }

  Term term(String name) {
    Term t = terms.get(name);
    if (t == null) {
      throw new IllegalArgumentException("'" + name + "' is not a tensor of real numbers");
    }
    return t;
  }

  /** Traces one node, whose operands are known. */
  void node(OnnxNode n) {
    Term y =
        switch (n.op()) {
          case "Gemm" -> gemm(n);
          case "MatMul" -> matMul(first(n), second(n));
          case "Add" -> both(n, F::add);
          case "Sub" -> both(n, F::sub);
          case "Mul" -> both(n, F::mul);
          case "Div" -> both(n, F::div);
          case "Relu" -> each(n, F::relu);
          case "LeakyRelu" -> {
            float slope = n.real("alpha", 0.01f);
            yield each(n, x -> F.leakyRelu(x, slope));
          }
          case "Tanh" -> each(n, F::tanh);
          case "Sigmoid" -> each(n, F::sigmoid);
          case "Conv" -> {
            boolean bias = n.inputs().size() > 2 && !n.inputs().get(2).isEmpty();
            yield ImageOperators.conv(n, first(n), second(n), bias ? operandTerm(n, 2) : null);
          }
          case "MaxPool" -> ImageOperators.maxPool(n, first(n));
          case "AveragePool" -> ImageOperators.averagePool(n, first(n));
          case "GlobalAveragePool" -> ImageOperators.globalAveragePool(first(n));
          case "BatchNormalization" ->
              ImageOperators.batchNorm(
                  n, first(n), second(n), operandTerm(n, 2), operandTerm(n, 3), operandTerm(n, 4));
          case "Concat" -> ImageOperators.concat(n, n.inputs().stream().map(this::term).toList());
          case "Flatten" -> Extents.flatten(first(n), n.integer("axis", 1));
          case "Reshape" -> reshape(n);
          case "Identity" -> first(n);
          case "Dropout" -> dropout(n);
          default -> throw new IllegalArgumentException("the operator is not supported");
        };
    terms.put(n.outputs().get(0), y);
  }

  private static String operand(OnnxNode n, int i) {
    if (n.inputs().size() <= i || n.inputs().get(i).isEmpty()) {
      throw new IllegalArgumentException("operand " + i + " is missing");
    }
    return n.inputs().get(i);
  }

  private Term operandTerm(OnnxNode n, int i) {
    return term(operand(n, i));
  }

  private Term first(OnnxNode n) {
    return operandTerm(n, 0);
  }

  private Term second(OnnxNode n) {
    return operandTerm(n, 1);
  }

  private Term each(OnnxNode n, UnaryOperator<Value> f) {
    Term x = first(n);
    return new Term(f.apply(x.stored()), x.batched(), x.channelsLast());
  }

  private Term both(OnnxNode n, BinaryOperator<Value> f) {
    return both(first(n), second(n), f);
  }

  /** Operands aligned at their last axes, as in NumPy; the batch axes must meet. */
  private static Term both(Term a, Term b, BinaryOperator<Value> f) {
    if (a.channelsLast() && b.channelsLast() && a.batched() == b.batched()) {
      return Term.ofImages(f.apply(a.stored(), b.stored()), a.batched());
    }
    int rank = Math.max(a.rank(), b.rank());
    boolean batched = a.batched() || b.batched();
    for (Term t : List.of(a, b)) {
      Value v = t.aligned(rank);
      boolean lower = t.batched() && t.rank() < rank;
      boolean acrossBatch = batched && !t.batched() && v.shape().dim(1) != 1;
      if (lower || acrossBatch) {
        throw new IllegalArgumentException(
            "operands "
                + a.value().shape().remove(0)
                + " and "
                + b.value().shape().remove(0)
                + " would meet across the batch axis");
      }
    }
    return new Term(f.apply(a.aligned(rank), b.aligned(rank)), batched);
  }

  /** alpha op(A) op(B) + beta C. */
  private Term gemm(OnnxNode n) {
    Term a = first(n);
    Term b = second(n);
    boolean ta = n.integer("transA", 0) != 0;
    boolean tb = n.integer("transB", 0) != 0;
    if (a.rank() != 2 || b.rank() != 2) {
      throw new IllegalArgumentException("operands must be matrices");
    }
    if (b.batched() || (a.batched() && ta)) {
      throw new IllegalArgumentException("samples must be the rows of the first operand");
    }
    Value y = scaled(F.matmul(a.value(), b.value(), ta, tb), n.real("alpha", 1));
    Term product = new Term(y, a.batched());
    boolean added = n.inputs().size() > 2 && !n.inputs().get(2).isEmpty();
    float beta = n.real("beta", 1);
    if (!added || beta == 0) {
      return product;
    }
    Term c = term(n.inputs().get(2));
    if (c.rank() > 2) {
      throw new IllegalArgumentException("the addend must have at most two axes");
    }
    Term sum = both(product, new Term(scaled(c.value(), beta), c.batched()), F::add);
    if (sum.value().shape().dim(2) != y.shape().dim(2)) {
      throw new IllegalArgumentException("the addend is wider than the product");
    }
    return sum;
  }

  private static Value scaled(Value v, float factor) {
    return factor == 1 ? v : F.mul(v, factor);
  }

  /** Products over the last two axes; the batch must lie in front of them or be the rows of A. */
  private static Term matMul(Term a, Term b) {
    int rank = Math.max(a.rank(), b.rank());
    boolean rows = a.batched() && !b.batched() && a.rank() == 2 && b.rank() == 2;
    boolean apart = rank >= 3 && !misaligned(a, b, rank) && !misaligned(b, a, rank);
    boolean fixed = !a.batched() && !b.batched();
    if (a.rank() < 2 || b.rank() < 2 || !(rows || apart || fixed)) {
      throw new IllegalArgumentException(
          "a product of "
              + a.value().shape().remove(0)
              + " and "
              + b.value().shape().remove(0)
              + " is not supported: operands must be matrices whose products keep samples apart");
    }
    return new Term(F.matmul(a.aligned(rank), b.aligned(rank)), a.batched() || b.batched());
  }

  /** Whether an operand's first axis is not the batch, or not 1 beside a batch. */
  private static boolean misaligned(Term t, Term other, int rank) {
    return t.batched()
        ? t.rank() < rank
        : other.batched() && t.rank() == rank && t.value().shape().dim(1) != 1;
  }

  private Term reshape(OnnxNode n) {
    HostTensor target = constants.get(operand(n, 1));
    if (target == null || target.dtype() != DType.I32 || target.shape().rank() != 1) {
      throw new IllegalArgumentException("the new shape must be a constant list of integers");
    }
    return Extents.reshape(first(n), target.ints(), n.integer("allowzero", 0) != 0);
  }

  /** The identity, as in inference. */
  private Term dropout(OnnxNode n) {
    String mode = n.inputs().size() > 2 ? n.inputs().get(2) : "";
    if (!mode.isEmpty() && (constants.get(mode) == null || constants.get(mode).get(0) != 0)) {
      throw new IllegalArgumentException("the network must be exported for inference");
    }
    return first(n);
  }
}
