// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.rigor.ir.Lowering;
import org.rigor.ir.Op;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * A product A V that skips the zeros of A: rows [M, R, K] with few nonzeros times [M or 1, K, C].
 * For finite V it has the bits of {@link MatMul} on the CPU, signs of zeros apart: both are chains
 * of fused multiply-adds over ascending k in blocks of 256, which a product with zero does not
 * change. A zero of A also hides an infinity or NaN of V.
 */
public record SkippingMatMul() implements Op {
  private static final int BLOCK = 256;

  @Override
  public TensorType type(List<TensorType> in) {
    Shape a = in.get(0).shape();
    Shape v = in.get(1).shape();
    boolean fits = a.rank() == 3 && v.rank() == 3 && a.dim(2) == v.dim(1);
    if (!fits || (a.models() != v.models() && a.models() != 1 && v.models() != 1)) {
      throw new IllegalArgumentException(
          "operands must be [models, rows, k] and [models, k, columns], got " + a + " and " + v);
    }
    DType dtype = in.get(0).dtype();
    if (dtype != in.get(1).dtype() || (dtype != DType.F32 && dtype != DType.F64)) {
      throw new IllegalArgumentException("operands must share F32 or F64");
    }
    return new TensorType(dtype, Shape.of(Math.max(a.models(), v.models()), a.dim(1), v.dim(2)));
  }

  @Override
  public List<Value> vjp(Value y, Value ct) {
    Value a = y.input(0);
    Value v = y.input(1);
    Value da = F.matmul(ct, v, false, true); // [M, R, C] [M, K, C]' -> [M, R, K]
    Value dv = F.matmul(a, ct, true, false); // [M, R, K]' [M, R, C] -> [M, K, C]
    return List.of(F.sumTo(da, a.shape()), F.sumTo(dv, v.shape()));
  }

  @Override
  public Value jvp(Value y, List<Value> t) {
    Value da = t.get(0) == null ? null : F.matmul(t.get(0), y.input(1));
    Value dv = t.get(1) == null ? null : Value.of(this, y.input(0), t.get(1));
    return F.addOrNull(da, dv);
  }

  @Override
  public Lowering lower(Value y) {
    int rows = y.shape().dim(1);
    int columns = y.shape().dim(2);
    int k = y.input(0).shape().dim(2);
    int threads = Math.max(32, Math.min(256, (columns + 31) / 32 * 32));
    return new Lowering.Launch(
        "sparse.cu",
        "skipping_product",
        rows,
        List.of(k, columns),
        Optional.of(new Lowering.Blocks(threads, 0)),
        new Lowering.Items(rows, (in, out, from, to) -> rows(in, out, k, columns, from, to)));
  }

  private static void rows(
      Lowering.Block[] in, Lowering.Block out, int k, int columns, int from, int to) {
    boolean single = in[0].array() instanceof float[];
    for (int row = from; row < to; row++) {
      if (single) {
        floats(in, out, k, columns, row);
      } else {
        doubles(in, out, k, columns, row);
      }
    }
  }

  private static void floats(Lowering.Block[] in, Lowering.Block out, int k, int n, int row) {
    float[] a = in[0].floats();
    float[] v = in[1].floats();
    float[] y = out.floats();
    int to = out.offset() + row * n;
    float[] chain = new float[n];
    int[] active = new int[BLOCK];
    for (int start = 0; start < k; start += BLOCK) {
      int count = 0;
      for (int i = start; i < Math.min(k, start + BLOCK); i++) {
        active[count] = i;
        count += a[in[0].offset() + row * k + i] != 0 ? 1 : 0;
      }
      Arrays.fill(chain, 0);
      int i = 0;
      for (; i + 3 < count; i += 4) { // four links at a time, in order: less memory traffic
        four(chain, a, in[0].offset() + row * k, active, i, v, in[1].offset(), n);
      }
      for (; i < count; i++) {
        one(chain, a[in[0].offset() + row * k + active[i]], v, in[1].offset() + active[i] * n);
      }
      for (int j = 0; j < n; j++) {
        y[to + j] = start == 0 ? chain[j] : y[to + j] + chain[j];
      }
    }
  }

  private static void four(
      float[] chain, float[] a, int row, int[] active, int i, float[] v, int offset, int n) {
    float x0 = a[row + active[i]];
    float x1 = a[row + active[i + 1]];
    float x2 = a[row + active[i + 2]];
    float x3 = a[row + active[i + 3]];
    int v0 = offset + active[i] * n;
    int v1 = offset + active[i + 1] * n;
    int v2 = offset + active[i + 2] * n;
    int v3 = offset + active[i + 3] * n;
    for (int j = 0; j < chain.length; j++) {
      float c = Math.fma(x1, v[v1 + j], Math.fma(x0, v[v0 + j], chain[j]));
      chain[j] = Math.fma(x3, v[v3 + j], Math.fma(x2, v[v2 + j], c));
    }
  }

  private static void one(float[] chain, float x, float[] v, int at) {
    for (int j = 0; j < chain.length; j++) {
      chain[j] = Math.fma(x, v[at + j], chain[j]);
    }
  }

  private static void doubles(Lowering.Block[] in, Lowering.Block out, int k, int n, int row) {
    double[] a = in[0].doubles();
    double[] v = in[1].doubles();
    double[] y = out.doubles();
    int to = out.offset() + row * n;
    double[] chain = new double[n];
    for (int start = 0; start < k; start += BLOCK) {
      Arrays.fill(chain, 0);
      for (int i = start; i < Math.min(k, start + BLOCK); i++) {
        double x = a[in[0].offset() + row * k + i];
        if (x != 0) {
          int at = in[1].offset() + i * n;
          for (int j = 0; j < n; j++) {
            chain[j] = Math.fma(x, v[at + j], chain[j]);
          }
        }
      }
      for (int j = 0; j < n; j++) {
        y[to + j] = start == 0 ? chain[j] : y[to + j] + chain[j];
      }
    }
  }

  /** Turns a stack of A alone into more rows; else uses the dense product. */
  @Override
  public Value stack(Value y, List<Value> in, List<Boolean> stacked, int extent) {
    Value a = in.get(0);
    if (stacked.get(1)) {
      List<Value> aligned = F.alignStacked(in, stacked);
      return F.matmul(aligned.get(0), aligned.get(1));
    }
    int[] d = a.shape().dims();
    Value rows = F.reshape(a, Shape.of(d[0], d[1] * d[2], d[3]));
    Value c = Value.of(this, rows, in.get(1));
    return F.reshape(c, Shape.of(c.shape().models(), d[1], d[2], c.shape().dim(2)));
  }

  @Override
  public boolean keepsSamplesApart(Value y, Predicate<Value> moves) {
    return !moves.test(y.input(1));
  }
}
