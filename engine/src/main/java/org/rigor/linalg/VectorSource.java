// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.codehaus.commons.compiler.CompileException;
import org.codehaus.janino.SimpleCompiler;

/**
 * Prints the vector product for an element type and lane width from the template resource and
 * compiles it, so that the build itself never needs the incubator module.
 */
final class VectorSource {
  private static final String TEMPLATE = "VectorGemm.java.template";

  private VectorSource() {}

  /** Compiles float code for vectors of the given bits, with tiles of more than four rows. */
  static PanelGemm.OfFloat floats(int bits, int rows) {
    return (PanelGemm.OfFloat) compile("Float", "float", bits, bits / Float.SIZE, rows);
  }

  static PanelGemm.OfDouble doubles(int bits, int rows) {
    return (PanelGemm.OfDouble) compile("Double", "double", bits, bits / Double.SIZE, rows);
  }

  private static Object compile(String box, String real, int bits, int lanes, int rows) {
    String name = box + "Gemm" + bits;
    SimpleCompiler compiler = new SimpleCompiler();
    compiler.setParentClassLoader(VectorSource.class.getClassLoader());
    try {
      compiler.cook(name, print(name, box, real, bits, lanes, rows));
      return compiler.getClassLoader().loadClass(name).getDeclaredConstructor().newInstance();
    } catch (CompileException | ReflectiveOperationException e) {
      throw new IllegalStateException("cannot compile " + name + " from " + TEMPLATE, e);
    }
  }

  static String print(String name, String box, String real, int bits, int lanes, int rows) {
    StringBuilder tiles = new StringBuilder(dispatch(rows));
    for (int r : new int[] {rows, 4, 2, 1}) {
      tiles.append(tile(r));
    }
    return template()
        .replace("TILES", tiles)
        .replace("CLASS", name)
        .replace("OfREAL", "Of" + box)
        .replace("VECTOR", box + "Vector")
        .replace("REAL", real)
        .replace("SPECIES_BITS", "SPECIES_" + bits)
        .replace("LANES", Integer.toString(lanes))
        .replace("ROWS", Integer.toString(rows));
  }

  private static final String ARGUMENTS =
      "REAL[] a, int ao, REAL[] b, int bo, int bs, int bv, "
          + "REAL[] c, int co, int ldc, int cv, int k, boolean add";

  private static String dispatch(int rows) {
    StringBuilder s = new StringBuilder();
    s.append("  private static void tile(int rows, %s) {%n".formatted(ARGUMENTS));
    String call = "tile%d(a, ao, b, bo, bs, bv, c, co, ldc, cv, k, add);%n";
    s.append("    if (rows == %d) ".formatted(rows)).append(call.formatted(rows));
    for (int r = 4; r > 1; r /= 2) {
      s.append("    else if (rows == %d) ".formatted(r)).append(call.formatted(r));
    }
    s.append("    else ").append(call.formatted(1)).append("  }%n".formatted());
    return s.toString();
  }

  /**
   * Prints one register tile: rows x 2 accumulators, unrolled by name so that all stay in
   * registers. The second vector lies {@code bv} after the first in B and {@code cv} in C, where
   * both may overlap: C is read in both before either is written.
   *
   * <p>Numbers of A are found at constant distances from one index, which takes their bounds checks
   * out of the loop. Those of B stay in the loop, for without any check in it the JIT loads all of
   * A ahead and runs out of registers (measured with JDK 17 and 25: half the speed). Counting up to
   * 0 instead of k is a quarter faster with both.
   */
  private static String tile(int rows) {
    StringBuilder s = new StringBuilder();
    s.append("  private static void tile%d(%s) {%n".formatted(rows, ARGUMENTS));
    for (int r = 0; r < rows; r++) {
      for (int v = 0; v < 2; v++) {
        s.append("    VECTOR s%d_%d = VECTOR.zero(S);%n".formatted(r, v));
      }
    }
    s.append("    int end = ao + k;%n    for (int p = -k; p < 0; p++) {%n".formatted());
    s.append("      VECTOR b0 = VECTOR.fromArray(S, b, bo);%n".formatted());
    s.append("      VECTOR b1 = VECTOR.fromArray(S, b, bo + bv);%n".formatted());
    for (int r = 0; r < rows; r++) {
      s.append("      VECTOR x%d = VECTOR.broadcast(S, a[end + p + %d * KC]);%n".formatted(r, r));
      for (int v = 0; v < 2; v++) {
        s.append("      s%1$d_%2$d = x%1$d.fma(b%2$d, s%1$d_%2$d);%n".formatted(r, v));
      }
    }
    s.append("      bo += bs;%n    }%n    if (add) {%n".formatted());
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

  private static String template() {
    try (InputStream in = VectorSource.class.getResourceAsStream(TEMPLATE)) {
      if (in == null) {
        throw new IllegalStateException("resource " + TEMPLATE + " is missing from the jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
