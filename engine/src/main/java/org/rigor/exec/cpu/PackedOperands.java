// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.rigor.linalg.Gemm;
import org.rigor.linalg.GemmShape;

/**
 * Right operands of products in one array, packed as the provider reads them and kept for as long
 * as the array stays as it is. Weights under attack are packed once instead of in every product;
 * weights in training, which change from one product to the next, never are. All products that read
 * the same matrix share its packed form. The whole process keeps at most an eighth of the heap in
 * packed form; products whose operand no longer fits read it as it lies.
 */
final class PackedOperands {
  private static final long LIMIT = Runtime.getRuntime().maxMemory() / 8;
  private static final AtomicLong KEPT = new AtomicLong();

  /** What a packed form depends on, besides the numbers. */
  private record Key(
      Gemm gemm, int offset, int n, int k, boolean transB, int ldb, int products, int strideB) {}

  /** Where a product finds the packed form of its right operand for a model. */
  interface Home {
    Operand operand(Gemm gemm, GemmShape shape, int model);
  }

  private final Map<Key, Operand> operands = new ConcurrentHashMap<>();

  /**
   * Returns the operand of a product.
   *
   * @param version counts the changes of the numbers
   */
  Operand operand(Gemm gemm, GemmShape s, int offset, LongSupplier version) {
    int products = s.strideB() == 0 ? 1 : s.count();
    Key key = new Key(gemm, offset, s.n(), s.k(), s.transB(), s.ldb(), products, s.strideB());
    return operands.computeIfAbsent(key, k -> new Operand(gemm, s, offset, version));
  }

  /** Forgets all packed forms. */
  void release() {
    operands.values().forEach(Operand::release);
  }

  /** The right operand of one product, or of a batch of them. */
  static final class Operand {
    private record Packed(Object array, long version) {}

    private final Gemm gemm;
    private final GemmShape shape;
    private final int offset;
    private final LongSupplier version;
    private volatile Packed packed;
    private long seen = -1;
    private int sights;
    private long kept;
    private boolean refused;

    Operand(Gemm gemm, GemmShape shape, int offset, LongSupplier version) {
      this.gemm = gemm;
      this.shape = shape;
      this.offset = offset;
      this.version = version;
    }

    /**
     * Returns the packed form, or null where a product should read the array as it lies: numbers
     * that a product sees for the first time may be gone before the next.
     *
     * @param array that holds the operand
     * @param parts calls that one product makes
     */
    Object get(Object array, int parts) {
      long now = version.getAsLong();
      Packed p = packed;
      return p != null && p.version == now ? p.array : pack(array, parts, now);
    }

    private synchronized Object pack(Object array, int parts, long now) {
      Packed p = packed;
      if (p != null && p.version == now) {
        return p.array;
      }
      if (refused) {
        return null;
      }
      if (seen != now) {
        seen = now;
        sights = 0;
      }
      if (sights < parts) {
        sights++;
        return null;
      }
      Object old = p == null ? null : p.array;
      if (array instanceof float[] a) {
        float[] form = gemm.pack(shape, a, offset, (float[]) old);
        return form == null ? null : keep(form, 4L * form.length, now);
      }
      double[] form = gemm.pack(shape, (double[]) array, offset, (double[]) old);
      return form == null ? null : keep(form, 8L * form.length, now);
    }

    private Object keep(Object form, long bytes, long now) {
      if (kept == 0) {
        if (KEPT.addAndGet(bytes) > LIMIT) {
          KEPT.addAndGet(-bytes);
          refused = true;
          return null;
        }
        kept = bytes;
      }
      packed = new Packed(form, now);
      return form;
    }

    private synchronized void release() {
      packed = null;
      KEPT.addAndGet(-kept);
      kept = 0;
    }
  }
}
