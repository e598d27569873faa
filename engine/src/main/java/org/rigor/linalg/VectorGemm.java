// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

import java.util.Optional;
import org.rigor.tensor.DType;

/**
 * The fast product: packed panels and register tiles in the Vector API, compiled at run time.
 * Results equal {@link ScalarGemm} bit by bit, so calls made before the JIT has compiled the vector
 * code run there.
 */
public final class VectorGemm implements Gemm {
  private static final double COLD_FLOPS = 3e8;

  /** Rows of a product that are handed on together: a fold reads them from the cache. */
  private static final int HANDED = 32;

  private final int bits;
  private final WarmKernel<PanelGemm.OfFloat> floats;
  private final WarmKernel<PanelGemm.OfDouble> doubles;
  private final ThreadLocal<PanelScratch> scratch = ThreadLocal.withInitial(PanelScratch::new);

  /**
   * @param bits width of a vector: 128, 256 or 512
   * @param coldFlops work done by scalar code before warming starts; 0 uses vector code at once
   */
  VectorGemm(int bits, double coldFlops) {
    if (bits != 128 && bits != 256 && bits != 512) {
      throw new IllegalArgumentException("vector width must be 128, 256 or 512 bits; got " + bits);
    }
    this.bits = bits;
    int rows = tileRows();
    floats =
        new WarmKernel<>(
            "gemm-float",
            () -> VectorSource.floats(bits, rows),
            () -> WarmUp.floats(bits, rows, scratch.get()),
            coldFlops);
    doubles =
        new WarmKernel<>(
            "gemm-double",
            () -> VectorSource.doubles(bits, rows),
            () -> WarmUp.doubles(bits, rows, scratch.get()),
            coldFlops);
  }

  /**
   * Returns the product at the machine's preferred width, or empty where the vector module is
   * absent. The whole process shares one, so that its code warms up once.
   */
  static Optional<VectorGemm> open() {
    return Shared.GEMM;
  }

  private static final class Shared {
    static final Optional<VectorGemm> GEMM =
        preferredBits().map(bits -> new VectorGemm(bits, COLD_FLOPS));
  }

  /**
   * Returns the machine's preferred vector width up to 512, or empty where the module is absent.
   */
  public static Optional<Integer> preferredBits() {
    try {
      Class<?> vector = Class.forName("jdk.incubator.vector.FloatVector");
      Object species = vector.getField("SPECIES_PREFERRED").get(null);
      Object size =
          Class.forName("jdk.incubator.vector.VectorSpecies")
              .getMethod("vectorBitSize")
              .invoke(species);
      int bits = Math.min(512, (Integer) size);
      return bits < 128 ? Optional.empty() : Optional.of(bits);
    } catch (ReflectiveOperationException | LinkageError e) {
      return Optional.empty();
    }
  }

  /**
   * Returns the rows of a tile, of two vectors each: 512-bit machines and ARM have 32 vector
   * registers, others 16 (where six rows would fit, but not always by the JIT's choice).
   */
  private int tileRows() {
    return bits == 512 || System.getProperty("os.arch").equals("aarch64") ? 8 : 5;
  }

  /** Waits until both element types run vector code or have been given up. */
  public void awaitReady() {
    floats.start();
    doubles.start();
    floats.await();
    doubles.await();
  }

  @Override
  public void prepare(DType type) {
    if (type == DType.F32) {
      floats.start();
    } else if (type == DType.F64) {
      doubles.start();
    }
  }

  @Override
  public String name() {
    return "vector-" + bits;
  }

  @Override
  public boolean fixedRounding() {
    return true;
  }

  /** Returns the state of both kernels. */
  @Override
  public String toString() {
    return name() + " (float " + floats.state() + ", double " + doubles.state() + ")";
  }

  @Override
  public void run(
      GemmShape s,
      float[] a,
      int aOff,
      float[] b,
      int bOff,
      float[] c,
      int cOff,
      int fromRow,
      int toRow) {
    PanelGemm.OfFloat kernel = floats.get(s.flops(toRow - fromRow));
    if (kernel == null || s.k() == 0) {
      ScalarGemm.INSTANCE.run(s, a, aOff, b, bOff, c, cOff, fromRow, toRow);
      floats.spend(s.flops(toRow - fromRow));
      return;
    }
    s.check(a.length, aOff, b.length, bOff, c.length, cOff, fromRow, toRow);
    PanelScratch mine = scratch.get().withFloats();
    run(kernel, mine, s, a, aOff, b, bOff, s.strideB(), false, c, cOff, fromRow, toRow);
  }

  @Override
  public float[] pack(GemmShape s, float[] b, int bOff, float[] reuse) {
    PanelGemm.OfFloat kernel = floats.get();
    if (kernel == null || !s.packs(bits / Float.SIZE)) {
      return null;
    }
    int products = s.rightOperands();
    int each = kernel.packedLength(s.n(), s.k());
    int length = Math.multiplyExact(products, each);
    float[] packed = reuse == null ? new float[length + 1] : reuse;
    for (int t = 0; t < products; t++) {
      int from = bOff + t * s.strideB();
      kernel.pack(b, from, s.ldb(), s.transB(), s.n(), s.k(), packed, t * each);
    }
    packed[length] = SparseFloats.least(packed, length);
    return packed;
  }

  @Override
  public void runPacked(
      GemmShape s,
      float[] a,
      int aOff,
      float[] packed,
      float[] c,
      int cOff,
      int fromRow,
      int toRow) {
    PanelGemm.OfFloat kernel = floats.get();
    int each = kernel.packedLength(s.n(), s.k());
    int stride = s.strideB() == 0 ? 0 : each;
    s.checkPacked(a.length, aOff, packed.length, each, c.length, cOff, fromRow, toRow);
    PanelScratch mine = scratch.get().withFloats();
    boolean done = SparseFloats.run(kernel, mine, s, a, aOff, packed, c, cOff, fromRow, toRow);
    if (!done) {
      run(kernel, mine, s, a, aOff, packed, 0, stride, true, c, cOff, fromRow, toRow);
    }
  }

  static void run(
      PanelGemm.OfFloat kernel,
      PanelScratch mine,
      GemmShape s,
      float[] a,
      int aOff,
      float[] b,
      int bOff,
      int strideB,
      boolean packed,
      float[] c,
      int cOff,
      int fromRow,
      int toRow) {
    int aRow = s.transA() ? 1 : s.lda();
    int aStep = s.transA() ? s.lda() : 1;
    int m = s.foldsToRows() ? s.rows() : s.m();
    for (int r = fromRow; r < toRow; ) {
      int t = r / m;
      int i = r - t * m;
      int rows = Math.min(m - i, toRow - r);
      kernel.run(
          a,
          aOff + t * s.strideA() + i * aRow,
          aRow,
          aStep,
          b,
          bOff + t * strideB,
          s.ldb(),
          s.transB(),
          packed,
          c,
          cOff + t * s.strideC() + i * s.ldc(),
          s.ldc(),
          rows,
          s.n(),
          s.k(),
          s.accumulate(),
          mine.packAFloat,
          mine.packBFloat,
          mine.edgeFloat);
      r += rows;
    }
  }

  @Override
  public void run(
      GemmShape s,
      double[] a,
      int aOff,
      double[] b,
      int bOff,
      double[] c,
      int cOff,
      int fromRow,
      int toRow) {
    PanelGemm.OfDouble kernel = doubles.get(s.flops(toRow - fromRow));
    if (kernel == null || s.k() == 0) {
      scratch.get().withDoubles().sparse.scalar(s, a, aOff, b, bOff, c, cOff, fromRow, toRow);
      doubles.spend(s.flops(toRow - fromRow));
      return;
    }
    s.check(a.length, aOff, b.length, bOff, c.length, cOff, fromRow, toRow);
    PanelScratch mine = scratch.get().withDoubles();
    run(kernel, mine, s, a, aOff, b, bOff, s.strideB(), false, c, cOff, fromRow, toRow);
  }

  @Override
  public double[] pack(GemmShape s, double[] b, int bOff, double[] reuse) {
    PanelGemm.OfDouble kernel = doubles.get();
    if (kernel == null || !s.packs(bits / Double.SIZE)) {
      return null;
    }
    int products = s.rightOperands();
    int each = kernel.packedLength(s.n(), s.k());
    int length = Math.multiplyExact(products, each);
    double[] packed = reuse == null ? new double[length + 1] : reuse;
    for (int t = 0; t < products; t++) {
      int from = bOff + t * s.strideB();
      kernel.pack(b, from, s.ldb(), s.transB(), s.n(), s.k(), packed, t * each);
    }
    packed[length] = SparseRows.tame(packed, length) ? 1 : 0;
    return packed;
  }

  @Override
  public void runPacked(
      GemmShape s,
      double[] a,
      int aOff,
      double[] packed,
      double[] c,
      int cOff,
      int fromRow,
      int toRow) {
    runPacked(s, a, aOff, packed, c, cOff, fromRow, toRow, null);
  }

  @Override
  public void runPacked(
      GemmShape s,
      double[] a,
      int aOff,
      double[] packed,
      double[] c,
      int cOff,
      int fromRow,
      int toRow,
      Rows reader) {
    PanelGemm.OfDouble kernel = doubles.get();
    int each = kernel.packedLength(s.n(), s.k());
    int stride = s.strideB() == 0 ? 0 : each;
    s.checkPacked(a.length, aOff, packed.length, each, c.length, cOff, fromRow, toRow);
    PanelScratch mine = scratch.get().withDoubles();
    Rows copy = (row, from, at) -> System.arraycopy(from, at, c, cOff + row * s.ldc(), s.n());
    SparseRows.Dense dense =
        (left, k, right, out, m, add) -> {
          GemmShape part =
              add ? GemmShape.of(m, s.n(), k).accumulating() : GemmShape.of(m, s.n(), k);
          run(kernel, mine, part, left, 0, right, 0, 0, true, out, 0, 0, m);
        };
    Rows rows = reader == null ? copy : reader;
    int panel = 2 * bits / Double.SIZE;
    if (packed[packed.length - 1] == 1
        && SparseRows.pays(s, a, aOff, fromRow, toRow)
        && mine.sparse.run(s, a, aOff, packed, panel, rows, fromRow, toRow, dense)) {
      return;
    }
    int step = reader == null ? toRow - fromRow : HANDED;
    for (int r = fromRow; r < toRow; r += step) {
      int end = Math.min(toRow, r + step);
      run(kernel, mine, s, a, aOff, packed, 0, stride, true, c, cOff, r, end);
      for (int i = r; reader != null && i < end; i++) {
        reader.take(i, c, cOff + i * s.ldc());
      }
    }
  }

  static void run(
      PanelGemm.OfDouble kernel,
      PanelScratch mine,
      GemmShape s,
      double[] a,
      int aOff,
      double[] b,
      int bOff,
      int strideB,
      boolean packed,
      double[] c,
      int cOff,
      int fromRow,
      int toRow) {
    int aRow = s.transA() ? 1 : s.lda();
    int aStep = s.transA() ? s.lda() : 1;
    int m = s.foldsToRows() ? s.rows() : s.m();
    for (int r = fromRow; r < toRow; ) {
      int t = r / m;
      int i = r - t * m;
      int rows = Math.min(m - i, toRow - r);
      kernel.run(
          a,
          aOff + t * s.strideA() + i * aRow,
          aRow,
          aStep,
          b,
          bOff + t * strideB,
          s.ldb(),
          s.transB(),
          packed,
          c,
          cOff + t * s.strideC() + i * s.ldc(),
          s.ldc(),
          rows,
          s.n(),
          s.k(),
          s.accumulate(),
          mine.packADouble,
          mine.packBDouble,
          mine.edgeDouble);
      r += rows;
    }
  }
}
