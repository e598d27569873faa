// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.ir.ExprInterpreter;
import org.rigor.ir.ExprType;
import org.rigor.ir.Lowering;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.ir.View;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * The meaning of traced values, one node at a time on dense arrays: no plan, no fusion, no views,
 * no threads. Written apart from the devices, to be what they are compared with.
 */
final class NaiveEvaluator {
  private static final int LANES = 16;
  private static final int CHUNK = 4096;
  private static final int GEMM_BLOCK = 256;

  private NaiveEvaluator() {}

  static HostTensor eval(Value root, Map<Value, HostTensor> env) {
    return eval(List.of(root), env).get(0);
  }

  static List<HostTensor> eval(List<Value> roots, Map<Value, HostTensor> env) {
    Map<Value, HostTensor> known = new IdentityHashMap<>(env);
    for (Value v : Program.topological(roots)) {
      if (known.containsKey(v)) {
        continue;
      }
      if (v.isInput()) {
        throw new IllegalArgumentException("no tensor for " + v);
      }
      known.put(v, node(v, v.inputs().stream().map(known::get).toList()));
    }
    return roots.stream().map(known::get).toList();
  }

  /** The program's outputs for inputs by name, in the order of {@code program.outputs()}. */
  static List<HostTensor> run(Program p, Map<String, HostTensor> inputs) {
    Map<Value, HostTensor> env = new IdentityHashMap<>();
    p.inputs().forEach((name, v) -> env.put(v, inputs.get(name)));
    return eval(List.copyOf(p.outputs().values()), env);
  }

  private static HostTensor node(Value v, List<HostTensor> in) {
    Lowering l = v.op().lower(v);
    if (l instanceof Lowering.Map m) {
      HostTensor out = HostTensor.zeros(v.type());
      for (int i = 0; i < v.shape().size(); i++) {
        int[] at = index(v.shape(), i);
        set(
            out,
            i,
            ExprInterpreter.eval(m.body(), in.stream().mapToLong(x -> at(x, at)).toArray()));
      }
      return out;
    } else if (l instanceof Lowering.Reduce r) {
      return reduce(v, r, in.get(0));
    } else if (l instanceof Lowering.Gemm g) {
      return gemm(v, g, in.get(0), in.get(1));
    } else if (l instanceof Lowering.Launch k) {
      return launch(v, k, in);
    } else if (l instanceof Lowering.Alias a) {
      View view = a.rule().apply(View.dense(in.get(0).shape())).orElseThrow();
      return alias(v, view, in.get(0));
    }
    throw new AssertionError("unknown lowering of " + v);
  }

  private static HostTensor alias(Value v, View view, HostTensor x) {
    if (!view.shape().equals(v.shape())) {
      throw new AssertionError(v + " is viewed as " + view.shape());
    }
    HostTensor out = HostTensor.zeros(v.type());
    for (int i = 0; i < v.shape().size(); i++) {
      int[] at = index(v.shape(), i);
      long from = view.offset();
      for (int a = 0; a < at.length; a++) {
        from += at[a] * view.strides()[a];
      }
      set(out, i, bits(x, Math.toIntExact(from)));
    }
    return out;
  }

  private static HostTensor reduce(Value v, Lowering.Reduce r, HostTensor x) {
    HostTensor out = HostTensor.zeros(v.type());
    int[] span = new int[x.shape().rank()];
    Arrays.fill(span, 1);
    r.axes().forEach(a -> span[a] = x.shape().dim(a));
    Shape inner = Shape.of(span);
    for (int i = 0; i < v.shape().size(); i++) {
      int[] outer = index(v.shape(), i);
      long[] values = new long[Math.toIntExact(inner.size())];
      for (int k = 0; k < values.length; k++) {
        int[] at = index(inner, k);
        for (int a = 0; a < at.length; a++) {
          at[a] += outer[a];
        }
        values[k] = ExprInterpreter.eval(r.body(), at(x, at));
      }
      set(out, i, reduce(r.kind(), r.body().type(), values));
    }
    return out;
  }

  private static long reduce(Lowering.Reduce.Kind kind, ExprType type, long[] values) {
    if (kind == Lowering.Reduce.Kind.SUM) {
      return type == ExprType.F32
          ? Float.floatToRawIntBits(floatSum(values))
          : type == ExprType.F64
              ? Double.doubleToRawLongBits(doubleSum(values))
              : (int) Arrays.stream(values).sum();
    }
    boolean smallest = kind == Lowering.Reduce.Kind.MIN;
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      double x = ExprInterpreter.toDouble(type, values[i]);
      double b = ExprInterpreter.toDouble(type, values[best]);
      boolean better = smallest ? x < b : x > b;
      boolean tie = x == b && kind != Lowering.Reduce.Kind.ARGMAX; // the last of two zeros
      if (!Double.isNaN(b) && (better || tie || Double.isNaN(x))) {
        best = i;
      }
    }
    return kind == Lowering.Reduce.Kind.ARGMAX ? best : values[best];
  }

  /** 16 lanes over chunks of 4096, joined by halves; chunk sums in order. */
  private static float floatSum(long[] bits) {
    float total = 0;
    for (int c = 0; c < bits.length; c += CHUNK) {
      float[] lane = new float[LANES];
      for (int i = c; i < Math.min(bits.length, c + CHUNK); i++) {
        lane[(i - c) % LANES] += Float.intBitsToFloat((int) bits[i]);
      }
      for (int h = LANES / 2; h > 0; h /= 2) {
        for (int k = 0; k < h; k++) {
          lane[k] += lane[k + h];
        }
      }
      total = c == 0 ? lane[0] : total + lane[0];
    }
    return total;
  }

  private static double doubleSum(long[] bits) {
    double total = 0;
    for (int c = 0; c < bits.length; c += CHUNK) {
      double[] lane = new double[LANES];
      for (int i = c; i < Math.min(bits.length, c + CHUNK); i++) {
        lane[(i - c) % LANES] += Double.longBitsToDouble(bits[i]);
      }
      for (int h = LANES / 2; h > 0; h /= 2) {
        for (int k = 0; k < h; k++) {
          lane[k] += lane[k + h];
        }
      }
      total = c == 0 ? lane[0] : total + lane[0];
    }
    return total;
  }

  /** One fma chain over ascending k in blocks of 256, block sums added in order. */
  private static HostTensor gemm(Value v, Lowering.Gemm g, HostTensor a, HostTensor b) {
    HostTensor out = HostTensor.zeros(v.type());
    int rank = v.shape().rank();
    int inner = a.shape().dim(g.ta() ? -2 : -1);
    boolean single = v.dtype() == DType.F32;
    for (int i = 0; i < v.shape().size(); i++) {
      int[] at = index(v.shape(), i);
      double total = 0;
      for (int block = 0; block < inner; block += GEMM_BLOCK) {
        double sum = 0;
        for (int k = block; k < Math.min(inner, block + GEMM_BLOCK); k++) {
          double x = value(a, matrixAt(at, rank, at[rank - 2], k, g.ta()));
          double y = value(b, matrixAt(at, rank, k, at[rank - 1], g.tb()));
          sum = single ? Math.fma((float) x, (float) y, (float) sum) : Math.fma(x, y, sum);
        }
        total = block == 0 ? sum : single ? (float) total + (float) sum : total + sum;
      }
      set(
          out,
          i,
          single ? Float.floatToRawIntBits((float) total) : Double.doubleToRawLongBits(total));
    }
    return out;
  }

  private static int[] matrixAt(int[] at, int rank, int row, int column, boolean transposed) {
    int[] p = at.clone();
    p[rank - 2] = transposed ? column : row;
    p[rank - 1] = transposed ? row : column;
    return p;
  }

  private static double value(HostTensor x, int[] at) {
    return ExprInterpreter.toDouble(ExprType.of(x.dtype()), at(x, at));
  }

  /**
   * Runs the reference model by model inside a larger poisoned array: it must write each element of
   * its block and nothing else, and leave its operands alone.
   */
  private static HostTensor launch(Value v, Lowering.Launch k, List<HostTensor> in) {
    int margin = 5;
    HostTensor out = HostTensor.zeros(v.type());
    int n = Math.toIntExact(v.shape().size() / v.shape().models());
    long[] poison = {0x5a5a5a5aL, 0x3b3b3b3bL};
    for (int m = 0; m < v.shape().models(); m++) {
      Lowering.Block[] blocks = new Lowering.Block[in.size()];
      for (int i = 0; i < blocks.length; i++) {
        HostTensor x = in.get(i);
        int size = Math.toIntExact(x.shape().size() / x.shape().models());
        blocks[i] = new Lowering.Block(x.array(), x.shape().models() == 1 ? 0 : m * size);
      }
      HostTensor[] runs = new HostTensor[2];
      for (int p = 0; p < 2; p++) {
        runs[p] = HostTensor.zeros(new TensorType(v.dtype(), Shape.of(n + 2 * margin)));
        for (int i = 0; i < n + 2 * margin; i++) {
          set(runs[p], i, poison[p]);
        }
        if (k.updates()) {
          blocks[0] = started(in.get(0), m, runs[p], margin, n);
        }
        k.reference().run(blocks, new Lowering.Block(runs[p].array(), margin));
        for (int i = 0; i < margin; i++) {
          if (bits(runs[p], i) != poison[p] || bits(runs[p], n + margin + i) != poison[p]) {
            throw new AssertionError(v + " writes outside its block");
          }
        }
      }
      for (int i = 0; i < n; i++) {
        if (bits(runs[0], margin + i) != bits(runs[1], margin + i)) {
          throw new AssertionError(v + " does not write element " + i);
        }
        set(out, m * n + i, bits(runs[0], margin + i));
      }
    }
    return out;
  }

  /** Starts a model's output as a copy of input 0. */
  private static Lowering.Block started(HostTensor x, int model, HostTensor run, int at, int n) {
    int from = x.shape().models() == 1 ? 0 : model * n;
    for (int i = 0; i < n; i++) {
      set(run, at + i, bits(x, from + i));
    }
    return new Lowering.Block(run.array(), at);
  }

  /** Multi-index of a flat row-major index. */
  static int[] index(Shape s, int flat) {
    int[] at = new int[s.rank()];
    int rest = flat;
    for (int a = s.rank() - 1; a >= 0; a--) {
      at[a] = rest % s.dim(a);
      rest /= s.dim(a);
    }
    return at;
  }

  /** Bits at a multi-index; axes of extent 1 repeat. */
  static long at(HostTensor x, int[] at) {
    int flat = 0;
    for (int a = 0; a < at.length; a++) {
      flat = flat * x.shape().dim(a) + (x.shape().dim(a) == 1 ? 0 : at[a]);
    }
    return bits(x, flat);
  }

  static long bits(HostTensor x, int i) {
    return switch (x.dtype()) {
      case F32 -> Float.floatToRawIntBits(x.floats()[i]);
      case F64 -> Double.doubleToRawLongBits(x.doubles()[i]);
      default -> x.ints()[i];
    };
  }

  static void set(HostTensor x, int i, long bits) {
    switch (x.dtype()) {
      case F32 -> x.floats()[i] = Float.intBitsToFloat((int) bits);
      case F64 -> x.doubles()[i] = Double.longBitsToDouble(bits);
      default -> x.ints()[i] = (int) bits;
    }
  }
}
