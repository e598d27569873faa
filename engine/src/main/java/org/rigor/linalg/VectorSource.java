// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.rigor.cache.GeneratedCode;

/**
 * Prints the vector product for an element type and lane width from the template resource and
 * compiles it, so that the build itself never needs the incubator module.
 */
final class VectorSource {
  private static final String TEMPLATE = "VectorGemm.java.template";

  /** What floats have besides: products that leave out zeros. */
  private static final String SPARSE = "SparseTiles.java.template";

  private VectorSource() {}

  /** Compiles float code for vectors of the given bits, with tiles of more than four rows. */
  static PanelGemm.OfFloat floats(int bits, int rows) {
    return make(PanelGemm.OfFloat.class, "Float", "float", bits, bits / Float.SIZE, rows);
  }

  static PanelGemm.OfDouble doubles(int bits, int rows) {
    return make(PanelGemm.OfDouble.class, "Double", "double", bits, bits / Double.SIZE, rows);
  }

  private static <T> T make(Class<T> type, String box, String real, int bits, int lanes, int rows) {
    String name = box + "Gemm" + bits;
    return GeneratedCode.shared().instance(type, name, print(name, box, real, bits, lanes, rows));
  }

  static String print(String name, String box, String real, int bits, int lanes, int rows) {
    StringBuilder tiles = new StringBuilder();
    for (Tile kind : Tile.values()) {
      int[] heights = kind.heights(rows);
      tiles.append(dispatch(kind, heights));
      for (int r : heights) {
        tiles.append(tile(r, kind));
      }
    }
    tiles.append(real.equals("float") ? template(SPARSE) : "");
    return template(TEMPLATE)
        .replace("TILES", tiles)
        .replace("CLASS", name)
        .replace("OfREAL", "Of" + box)
        .replace("VECTOR", box + "Vector")
        .replace("REAL", real)
        .replace("SPECIES_BITS", "SPECIES_" + bits)
        .replace("LANES", Integer.toString(lanes))
        .replace("ROWS", Integer.toString(rows));
  }

  /** How a register tile finds its operands. */
  private enum Tile {
    /** Rows of A and panels of B, both packed; the bulk of each large product. */
    BOTH("REAL[] a, int ao, REAL[] b, int bo, "),
    /** Packed rows of A; rows of B {@code bs} apart, panels narrower than a vector, last rows. */
    NEAR("REAL[] a, int ao, REAL[] b, int bo, int bs, int bv, "),
    /** Numbers of A {@code ar} and {@code as} apart. */
    FAR("REAL[] a, int ao, int ar, int as, REAL[] b, int bo, int bs, int bv, ");

    private final String parameters;

    Tile(String operands) {
      this.parameters = operands + "REAL[] c, int co, int ldc, int cv, int k, boolean add";
    }

    /** Returns the rows of its tiles; each more takes the JIT a tenth of the warm-up. */
    private int[] heights(int most) {
      return switch (this) {
        case BOTH -> new int[] {most, 4};
        case NEAR -> new int[] {4, 2, 1};
        case FAR -> new int[] {4, 1};
      };
    }

    private String title() {
      return name().toLowerCase(Locale.ROOT);
    }

    private String arguments() {
      return parameters.replaceAll("(REAL\\[]|int|boolean) ", "");
    }
  }

  /** Prints the choice among tiles of the given heights. */
  private static String dispatch(Tile kind, int[] heights) {
    String name = kind.title();
    StringBuilder s = new StringBuilder();
    s.append("  private static void %s(int rows, %s) {%n    ".formatted(name, kind.parameters));
    for (int i = 0; i < heights.length; i++) {
      boolean last = i == heights.length - 1;
      s.append(last ? "" : "if (rows == %d) ".formatted(heights[i]));
      s.append(name).append(heights[i]).append("(%s);%n".formatted(kind.arguments()));
      s.append(last ? "  }%n" : "    else ");
    }
    return s.toString().formatted();
  }

  /**
   * Prints one register tile: rows x 2 accumulators, unrolled by name so that all stay in
   * registers. The second vector lies {@code bv} after the first in B and {@code cv} in C, where
   * both may overlap: C is read in both before either is written.
   *
   * <p>Near numbers of A, those of packed rows, are found at constant distances from one index,
   * which takes their bounds checks out of the loop. Those of B stay in the loop, for without any
   * check in it the JIT loads all of A ahead and runs out of registers (measured with JDK 17 and
   * 25: half the speed). Counting up to 0 instead of k is a quarter faster with both. Packed
   * numbers of B too lie at constant distances, which saves the instructions that would find them:
   * 98 of the 101 GFLOP/s that this core can do, 86 with distances from a register; unrolled, or
   * with four rows of three vectors, accumulators no longer stay in registers: 25 to 60.
   * Accumulators start from zeros in different places: from one zero the JIT, in every other JVM,
   * keeps copies of what it adds to, six or eight moves a step, which take a sixth longer. Far
   * numbers, those of A as it lies, are found {@code ar} and {@code as} apart: a third slower, for
   * products with few columns.
   */
  private static String tile(int rows, Tile kind) {
    boolean far = kind == Tile.FAR;
    StringBuilder s = new StringBuilder();
    s.append("  private static void %s%d(%s) {%n".formatted(kind.title(), rows, kind.parameters));
    for (int r = 0; r < rows; r++) {
      if (far) {
        s.append("    int a%d = %s;%n".formatted(r, r == 0 ? "ao" : "a" + (r - 1) + " + ar"));
      }
      for (int v = 0; v < 2; v++) {
        s.append(
            "    VECTOR s%d_%d = VECTOR.fromArray(S, ZEROS, %d * L);%n".formatted(r, v, 2 * r + v));
      }
    }
    s.append("    int end = ao + k;%n    for (int p = -k; p < 0; p++) {%n".formatted());
    s.append("      VECTOR b0 = VECTOR.fromArray(S, b, bo);%n".formatted());
    String second = kind == Tile.BOTH ? "L" : "bv";
    s.append("      VECTOR b1 = VECTOR.fromArray(S, b, bo + %s);%n".formatted(second));
    for (int r = 0; r < rows; r++) {
      String at = far ? "a" + r : "end + p + %d * KC".formatted(r);
      s.append("      VECTOR x%d = VECTOR.broadcast(S, a[%s]);%n".formatted(r, at));
      for (int v = 0; v < 2; v++) {
        s.append("      s%1$d_%2$d = x%1$d.fma(b%2$d, s%1$d_%2$d);%n".formatted(r, v));
      }
      s.append(far ? "      a%d += as;%n".formatted(r) : "");
    }
    String next = kind == Tile.BOTH ? "NR" : "bs";
    s.append("      bo += %s;%n    }%n    if (add) {%n".formatted(next));
    for (int r = 0; r < rows; r++) {
      s.append(
          """
                VECTOR y%1$d = VECTOR.fromArray(S, c, co).add(s%1$d_0);
                VECTOR.fromArray(S, c, co + cv).add(s%1$d_1).intoArray(c, co + cv);
                y%1$d.intoArray(c, co);
                co += ldc;
          """
              .formatted(r));
    }
    s.append("    } else {%n".formatted());
    for (int r = 0; r < rows; r++) {
      s.append(
          """
                s%1$d_0.intoArray(c, co);
                s%1$d_1.intoArray(c, co + cv);
                co += ldc;
          """
              .formatted(r));
    }
    return s.append("    }%n  }%n".formatted()).toString();
  }

  private static String template(String name) {
    try (InputStream in = VectorSource.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("resource " + name + " is missing from the jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
