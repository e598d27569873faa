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
    StringBuilder tiles = new StringBuilder();
    for (int vectors = 1; vectors <= 2; vectors++) {
      tiles.append(dispatch(vectors, rows));
      for (int r : new int[] {rows, 4, 2, 1}) {
        tiles.append(tile(r, vectors));
      }
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
      "REAL[] a, int ao, int ar, int as, REAL[] b, int bo, int bs, "
          + "REAL[] c, int co, int ldc, int k, boolean add";

  private static String dispatch(int vectors, int rows) {
    StringBuilder s = new StringBuilder();
    s.append("  private static void tile%d(int rows, %s) {%n".formatted(vectors, ARGUMENTS));
    String call = "tile%dx%d(a, ao, ar, as, b, bo, bs, c, co, ldc, k, add);%n";
    s.append("    if (rows == %d) ".formatted(rows)).append(call.formatted(rows, vectors));
    for (int r = 4; r > 1; r /= 2) {
      s.append("    else if (rows == %d) ".formatted(r)).append(call.formatted(r, vectors));
    }
    s.append("    else ").append(call.formatted(1, vectors)).append("  }%n".formatted());
    return s.toString();
  }

  /**
   * Prints one register tile: rows x vectors accumulators, unrolled by name so that all stay in
   * registers.
   */
  private static String tile(int rows, int vectors) {
    StringBuilder s = new StringBuilder();
    s.append("  private static void tile%dx%d(%s) {%n".formatted(rows, vectors, ARGUMENTS));
    for (int r = 0; r < rows; r++) {
      s.append("    int a%d = %s;%n".formatted(r, r == 0 ? "ao" : "a" + (r - 1) + " + ar"));
      for (int v = 0; v < vectors; v++) {
        s.append("    VECTOR s%d_%d = VECTOR.zero(S);%n".formatted(r, v));
      }
    }
    s.append("    for (int p = 0; p < k; p++) {%n".formatted());
    for (int v = 0; v < vectors; v++) {
      s.append("      VECTOR b%d = VECTOR.fromArray(S, b, bo + %d * L);%n".formatted(v, v));
    }
    for (int r = 0; r < rows; r++) {
      s.append("      VECTOR x%d = VECTOR.broadcast(S, a[a%d]);%n".formatted(r, r));
      for (int v = 0; v < vectors; v++) {
        s.append("      s%1$d_%2$d = x%1$d.fma(b%2$d, s%1$d_%2$d);%n".formatted(r, v));
      }
      s.append("      a%d += as;%n".formatted(r));
    }
    s.append("      bo += bs;%n    }%n    if (add) {%n".formatted());
    for (int add = 1; add >= 0; add--) {
      s.append("      int o%d = co;%n".formatted(add));
      for (int r = 0; r < rows; r++) {
        for (int v = 0; v < vectors; v++) {
          String at = "c, o%d + %d * L".formatted(add, v);
          String sum = "s%d_%d".formatted(r, v);
          s.append(
              add == 1
                  ? "      VECTOR.fromArray(S, %s).add(%s).intoArray(%s);%n".formatted(at, sum, at)
                  : "      %s.intoArray(%s);%n".formatted(sum, at));
        }
        s.append(r + 1 < rows ? "      o%d += ldc;%n".formatted(add) : "");
      }
      s.append(add == 1 ? "    } else {%n".formatted() : "    }%n  }%n".formatted());
    }
    return s.toString();
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
