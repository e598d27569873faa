// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BiFunction;
import org.rigor.ir.ExprInterpreter;
import org.rigor.ir.ExprType;
import org.rigor.ir.Op;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * One use of an op: the op for a number of models and a real type, and how its operands are drawn.
 */
record OpSample(
    String label,
    BiFunction<Integer, DType, Op> op,
    List<Operand> operands,
    List<Integer> edgeOperands) {

  /** Draws one element; flat index included, for indices and positions. */
  interface Sampler {
    double draw(Random random, int flat);
  }

  /**
   * @param dtype null for the real type under test
   * @param dims extents; axis 0 is {@code M} for one row a model, 1 for a shared operand
   */
  record Operand(DType dtype, int[] dims, Sampler sampler) {
    static final int M = -1;

    TensorType type(int models, DType real) {
      int[] d = dims.clone();
      d[0] = d[0] == M ? models : d[0];
      return new TensorType(dtype == null ? real : dtype, Shape.of(d));
    }

    HostTensor draw(int models, DType real, Random random) {
      HostTensor t = HostTensor.zeros(type(models, real));
      for (int i = 0; i < t.shape().size(); i++) {
        // drawn as floats, so that the F32 and the F64 run see the same numbers
        double x = (float) sampler.draw(random, i);
        NaiveEvaluator.set(t, i, ExprInterpreter.bits(ExprType.of(t.dtype()), x));
      }
      return t;
    }
  }

  static OpSample of(String label, Op op, Operand... operands) {
    return of(label, (m, t) -> op, operands);
  }

  static OpSample of(String label, BiFunction<Integer, DType, Op> op, Operand... operands) {
    return new OpSample(label, op, List.of(operands), List.of());
  }

  /** Also runs edge values (NaN, zeros, infinities, subnormals) through these operands. */
  OpSample edges(Integer... which) {
    return new OpSample(label, op, operands, List.of(which));
  }

  Class<?> opClass() {
    return op.apply(1, DType.F32).getClass();
  }

  boolean hasReal() {
    return operands.stream().anyMatch(o -> o.dtype() == null);
  }

  /** Traced inputs x0, x1, ... and the value y of the op on them. */
  record Traced(List<Value> inputs, Value y, Program program) {}

  Traced trace(int models, DType real) {
    Program.Builder b = Program.builder(label.replace(' ', '_') + "_m" + models);
    List<Value> in = new ArrayList<>();
    for (int i = 0; i < operands.size(); i++) {
      in.add(b.input("x" + i, operands.get(i).type(models, real)));
    }
    Value y = Value.of(op.apply(models, real), in);
    return new Traced(in, y, b.output("y", y).build());
  }

  List<HostTensor> draw(int models, DType real, long seed) {
    Random random = new Random(seed * 31 + label.hashCode());
    return operands.stream().map(o -> o.draw(models, real, random)).toList();
  }

  /** Operands whose elements run through all combinations of edge values and a few plain ones. */
  List<HostTensor> drawEdges(DType real) {
    List<HostTensor> out = new ArrayList<>(draw(1, real, 5));
    double[] edges = edges(real);
    for (int k = 0; k < edgeOperands.size(); k++) {
      HostTensor t = out.get(edgeOperands.get(k));
      int period = (int) Math.pow(edges.length, k);
      for (int i = 0; i < t.shape().size(); i++) {
        double e = edges[i / period % edges.length];
        NaiveEvaluator.set(t, i, ExprInterpreter.bits(ExprType.of(t.dtype()), e));
      }
    }
    return out;
  }

  static double[] edges(DType real) {
    boolean single = real == DType.F32;
    double tiny = single ? Float.MIN_VALUE : Double.MIN_VALUE;
    double normal = single ? Float.MIN_NORMAL : Double.MIN_NORMAL;
    double huge = single ? Float.MAX_VALUE : Double.MAX_VALUE;
    return new double[] {
      Double.NaN,
      0.0,
      -0.0,
      Double.POSITIVE_INFINITY,
      Double.NEGATIVE_INFINITY,
      tiny,
      -tiny,
      normal * 0.75,
      -normal,
      huge,
      -huge,
      1,
      -1,
      0.5
    };
  }
}
