// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.code;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.rigor.exec.cuda.driver.CudaKernel;
import org.rigor.exec.cuda.driver.KernelArguments;
import org.rigor.exec.plan.Nest;
import org.rigor.exec.plan.Operand;
import org.rigor.exec.plan.PlanStep;
import org.rigor.ir.ExprKernel;
import org.rigor.ir.ExprType;

/** An elementwise step, or several fused ones: a kernel of map.cuh. */
final class MapCode implements StepCode {
  private static final int VECTOR = 4;
  private static final int VECTOR_BYTES = 16;

  /** Side of a tile in shared memory, and the extent from which a tile is worth its barriers. */
  private static final int TILE = 32;

  private static final int WORTH_TILES = 16;
  private static final int TILE_THREADS = 256;

  /** Tiles that fit 48 KiB of shared memory. */
  private static final int MOST_TILES = 5;

  private final BodySource body;
  private final List<Operand> operands = new ArrayList<>();
  private final Loops loops;
  private final int width;
  private final int turned;
  private final String entry;
  private final String origin;
  private final int multiprocessors;

  MapCode(PlanStep.Map m, int multiprocessors) {
    this(
        m.models(),
        m.body().parameterize(),
        m.inputs(),
        List.of(m.output()),
        m.nest(),
        m.origin(),
        multiprocessors);
  }

  MapCode(PlanStep.Maps m, int multiprocessors) {
    this(
        m.models(),
        ExprKernel.of(m.bodies()),
        m.inputs(),
        m.results(),
        m.nest(),
        m.origin(),
        multiprocessors);
  }

  private MapCode(
      int models,
      ExprKernel kernel,
      List<Operand> inputs,
      List<Operand> results,
      Nest nest,
      String origin,
      int multiprocessors) {
    this.origin = origin;
    this.multiprocessors = multiprocessors;
    this.body = new BodySource(kernel);
    int[] pick = new int[body.args().size() + results.size()];
    List<ExprType> types = new ArrayList<>();
    for (int o = 0; o < body.args().size(); o++) {
      pick[o] = body.args().get(o).index();
      operands.add(inputs.get(pick[o]));
      types.add(body.args().get(o).type());
    }
    for (int r = 0; r < results.size(); r++) {
      pick[operands.size()] = inputs.size() + r;
      operands.add(results.get(r));
      types.add(body.result(r));
    }
    Loops flat = Loops.of(models, modelStrides(operands), nest, pick);
    if (flat.size() > Loops.MOST) {
      throw new IllegalArgumentException(
          "a map over %,d elements, traced at %s: at most 2^31 - 1; use fewer models at a time"
              .formatted(flat.size(), origin));
    }
    int across = across(flat);
    this.turned = across < 0 ? 0 : turned(flat, across);
    this.width = inVectors(flat, types) ? VECTOR : 1;
    this.loops = (turned != 0 ? flat.turned(across) : flat.grouped(width)).padded();
    String kind = turned != 0 ? "tiles_" : "";
    int variant = turned != 0 ? turned : width;
    this.entry = "map_%s%s_%d_%d".formatted(kind, body.name(), loops.count(), variant);
  }

  /** Returns the loop along which the first strided input is contiguous in memory, or -1. */
  private int across(Loops flat) {
    int last = flat.count() - 1;
    boolean straight = flat.extents()[last] >= WORTH_TILES;
    for (int o = body.args().size(); o < operands.size(); o++) {
      straight &= flat.inner(o) == 1;
    }
    for (int o = 0; o < body.args().size() && straight; o++) {
      for (int l = 0; l < last && isAcross(flat, o); l++) {
        if (flat.strides()[o][l] == 1 && flat.extents()[l] >= WORTH_TILES) {
          return l;
        }
      }
    }
    return -1;
  }

  private static boolean isAcross(Loops flat, int operand) {
    return flat.inner(operand) != 0 && flat.inner(operand) != 1;
  }

  /**
   * Returns the strided inputs that are contiguous along that loop, as a bit set limited to what
   * fits.
   */
  private int turned(Loops flat, int loop) {
    int set = 0;
    for (int o = 0; o < body.args().size() && Integer.bitCount(set) < MOST_TILES; o++) {
      set |= isAcross(flat, o) && flat.strides()[o][loop] == 1 ? 1 << o : 0;
    }
    return set;
  }

  static long[] modelStrides(List<Operand> operands) {
    return operands.stream().mapToLong(o -> o.view().strides()[0]).toArray();
  }

  private boolean inVectors(Loops flat, List<ExprType> types) {
    int last = flat.count() - 1;
    boolean fits = flat.extents()[last] % VECTOR == 0;
    for (int o = body.args().size(); o < operands.size(); o++) {
      fits &= flat.inner(o) == 1;
    }
    for (int o = 0; o < operands.size() && fits; o++) {
      if (flat.inner(o) == 0) {
        continue;
      }
      long bytes = types.get(o).bits() / 8;
      fits = flat.inner(o) == 1 && operands.get(o).view().offset() * bytes % VECTOR_BYTES == 0;
      for (int l = 0; l < last; l++) {
        fits &= flat.strides()[o][l] * bytes % VECTOR_BYTES == 0;
      }
    }
    return fits;
  }

  @Override
  public List<KernelSource> sources() {
    String call = turned != 0 ? "map_tiles<%s, %d, %du>" : "map<%s, %d, %d>";
    int variant = turned != 0 ? turned : width;
    String kernel =
        """
        extern "C" __global__ void __launch_bounds__(256) %1$s(
            const MapArguments<%2$s::INPUTS + %2$s::OUTPUTS, %3$d, %2$s::PARAMS> a) {
          %4$s(a);
        }
        """
            .formatted(
                entry,
                body.name(),
                loops.count(),
                call.formatted(body.name(), loops.count(), variant));
    return List.of(new KernelSource(entry, body.text(), kernel));
  }

  private int structBytes() {
    int strides = operands.size() * loops.count();
    return 8 * (operands.size() + strides + body.params().length + 1 + loops.count() + 1);
  }

  @Override
  public int argumentBytes() {
    return KernelArguments.bytes(structBytes());
  }

  @Override
  public int nodes() {
    return 1;
  }

  @Override
  public Runnable bind(Site site) {
    KernelArguments arguments = new KernelArguments(site.page(), site.offset(), structBytes());
    ByteBuffer a = arguments.value(0);
    operands.forEach(o -> a.putLong(site.address().apply(o).address()));
    loops.putStrides(a);
    for (long p : body.params()) {
      a.putLong(p);
    }
    a.putLong(0);
    loops.putExtents(a);
    long groups = turned != 0 ? tiles() : loops.size();
    a.putLong(groups);
    CudaKernel kernel = site.kernels().apply(entry);
    CudaKernel.Extent extent =
        turned != 0
            ? new CudaKernel.Extent((int) groups, 1, 1, TILE_THREADS, 1, 1, 0)
            : Grids.linear(groups, multiprocessors);
    return () -> kernel.launch(site.stream(), extent, arguments, origin);
  }

  private long tiles() {
    int last = loops.count() - 1;
    long n = loops.size() / loops.extents()[last] / loops.extents()[last - 1];
    n *= (loops.extents()[last] + TILE - 1) / TILE;
    return n * ((loops.extents()[last - 1] + TILE - 1) / TILE);
  }
}
