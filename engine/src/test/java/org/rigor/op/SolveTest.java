// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rigor.exec.Device;
import org.rigor.exec.DeviceException;
import org.rigor.exec.Executable;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** Factors multiply out to what was factored, at all sizes of block and of shared memory. */
class SolveTest {
  private static HostTensor run(String kind, HostTensor a, Function<Value, Value> f) {
    Device device;
    try {
      device = Device.open(kind);
    } catch (DeviceException e) {
      assumeTrue(false, "no device '" + kind + "' here: " + e.firstLine());
      return null;
    }
    Program.Builder b = Program.builder("solve");
    b.output("y", f.apply(b.input("a", a.type())));
    try (device;
        Executable e = device.compile(b.build())) {
      e.input("a").write(a);
      e.run();
      return e.output("y").read();
    }
  }

  /** On the CPU, and the same bits on the emulator. */
  private static HostTensor both(HostTensor a, Function<Value, Value> f) {
    HostTensor cpu = run("cpu", a, f);
    HostTensor cuda = run(System.getProperty("rigor.test.cuda", "emulated"), a, f);
    OpContractTest.assertSame("emulated", cuda, cpu);
    return cpu;
  }

  private static HostTensor random(int seed, int... dims) {
    Random r = new Random(seed);
    double[] x = new double[Math.toIntExact(Shape.of(dims).size())];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) r.nextGaussian();
    }
    return HostTensor.of(Shape.of(dims), x);
  }

  /** B B' of n x r matrices: rank r, all entries exact in no type. */
  private static HostTensor gram(int seed, int n, int r) {
    double[] b = random(seed, n, r).doubles();
    double[] g = new double[n * n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        for (int k = 0; k < r; k++) {
          g[i * n + j] += b[i * r + k] * b[j * r + k];
        }
      }
    }
    return HostTensor.of(Shape.of(1, n, n), g);
  }

  private static HostTensor as(DType type, HostTensor x) {
    return type == DType.F32 ? x.toFloat() : x;
  }

  /** Sum of p[i, k] q[k, j], each a matrix of n columns that starts at an element. */
  private static double product(
      HostTensor p, int at, HostTensor q, int from, int inner, int n, int i, int j) {
    double sum = 0;
    for (int k = 0; k < inner; k++) {
      sum += p.get(at + i * inner + k) * q.get(from + k * n + j);
    }
    return sum;
  }

  @ParameterizedTest
  @CsvSource({
    "F64,1", "F64,2", "F64,3", "F64,10", "F64,17", "F64,54", "F64,57", "F32,7", "F32,40", "F32,81"
  })
  void eigenvectorsDiagonalise(DType type, int n) {
    HostTensor a = as(type, gram(n, n, Math.max(1, n - 2)));
    HostTensor y = both(a, v -> Value.of(new SymmetricEigen(), v));
    double top = y.get(n - 1);
    double tolerance = (type == DType.F64 ? 1e-15 : 1e-6) * (n + 5);
    for (int i = 0; i < n; i++) {
      assertThat(y.get(i)).isGreaterThanOrEqualTo(i == 0 ? -tolerance * top : y.get(i - 1));
      double largest = 0;
      for (int j = 0; j < n; j++) {
        double dot = 0;
        double moved = 0;
        for (int k = 0; k < n; k++) {
          dot += y.get(n + k * n + i) * y.get(n + k * n + j);
          moved += a.get(j * n + k) * y.get(n + k * n + i);
        }
        double entry = y.get(n + j * n + i);
        largest = Math.abs(entry) > Math.abs(largest) ? entry : largest;
        assertThat(dot).isCloseTo(i == j ? 1 : 0, within(4 * tolerance));
        assertThat(moved).isCloseTo(y.get(i) * entry, within(4 * tolerance * top));
      }
      assertThat(largest).isPositive();
    }
    if (n > 2) { // the rank
      assertThat(y.get(1)).isCloseTo(0, within(tolerance * top));
      assertThat(y.get(2)).isGreaterThan(1e-4);
    }
  }

  @Test
  void eigenvaluesOfAnyScaleAndSign() {
    for (double scale : new double[] {1e-290, 1e-150, 1, 1e150, 1e290}) {
      // [[2, -3], [-3, 2]] twice on the diagonal of blocks: -1, -1, 5, 5
      double[] a = {2, -3, 0, 0, -3, 2, 0, 0, 0, 0, 2, -3, 0, 0, -3, 2};
      for (int i = 0; i < a.length; i++) {
        a[i] *= scale;
      }
      HostTensor y =
          both(HostTensor.of(Shape.of(1, 4, 4), a), v -> Value.of(new SymmetricEigen(), v));
      double[] expected = {-1, -1, 5, 5};
      for (int i = 0; i < 4; i++) {
        assertThat(y.get(i) / scale).isCloseTo(expected[i], within(1e-14));
      }
    }
  }

  @Test
  void zeroMatrixAndNotFiniteOnes() {
    HostTensor a = HostTensor.zeros(new TensorType(DType.F64, Shape.of(1, 3, 2, 2)));
    a.doubles()[5] = Double.NaN;
    a.doubles()[9] = Double.POSITIVE_INFINITY;
    HostTensor y = both(a, v -> Value.of(new SymmetricEigen(), v));
    assertThat(y.doubles()).startsWith(0, 0, 1, 0, 0, 1);
    for (int i = 6; i < 18; i++) {
      assertThat(y.get(i)).isNaN();
    }
  }

  @ParameterizedTest
  @CsvSource({"F64,3", "F64,33", "F64,80", "F32,20", "F32,112"})
  void choleskyFactorsMultiplyOutAndSolve(DType type, int n) {
    HostTensor a = as(type, gram(n, n, n + 20));
    HostTensor l = both(a, Solve::cholesky);
    double tolerance = (type == DType.F64 ? 1e-14 : 4e-6) * n;
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        double sum = 0;
        for (int k = 0; k < n; k++) {
          sum += l.get(i * n + k) * l.get(j * n + k);
        }
        assertThat(sum).isCloseTo(a.get(i * n + j), within(tolerance * n));
        assertThat(j > i && l.get(i * n + j) != 0).isFalse();
      }
    }
    HostTensor x = run("cpu", a, v -> Solve.positiveDefinite(v, F.slice(v, 2, 0, 1)));
    for (int i = 0; i < n; i++) {
      assertThat(x.get(i)).isCloseTo(i == 0 ? 1 : 0, within(tolerance * 20));
    }
  }

  @Test
  void indefiniteMatricesAreNaNAndTheirNeighboursAreNot() {
    HostTensor a =
        HostTensor.of(
            Shape.of(1, 3, 2, 2), new double[] {4, 2, 2, 2, 1, 2, 2, 1, 1, 0, 0, Double.NaN});
    double[] l = both(a, Solve::cholesky).doubles();
    assertThat(l).startsWith(2, 0, 1, 1);
    for (int i = 4; i < 12; i++) {
      assertThat(l[i]).isNaN();
    }
  }

  @ParameterizedTest
  @CsvSource({"F64,3,3", "F64,70,9", "F64,90,40", "F32,40,33"})
  void qrFactorsMultiplyOut(DType type, int m, int n) {
    HostTensor a = as(type, random(m, 1, m, n));
    HostTensor y = both(a, v -> Value.of(new ThinQr(), v));
    double tolerance = (type == DType.F64 ? 1e-15 : 5e-7) * (m + n);
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < n; j++) {
        assertThat(product(y, 0, y, m * n, n, n, i, j))
            .isCloseTo(a.get(i * n + j), within(tolerance));
      }
    }
    for (int i = 0; i < n; i++) {
      assertThat(y.get(m * n + i * n + i)).isPositive();
      for (int j = 0; j < n; j++) {
        double dot = 0;
        for (int k = 0; k < m; k++) {
          dot += y.get(k * n + i) * y.get(k * n + j);
        }
        assertThat(dot).isCloseTo(i == j ? 1 : 0, within(tolerance));
        assertThat(j < i && y.get(m * n + i * n + j) != 0).isFalse();
      }
    }
  }

  @Test
  void dependentAndZeroColumnsStillGiveOrthonormalOnes() {
    HostTensor a = HostTensor.of(Shape.of(1, 3, 2), new double[] {0, 0, 0, 0, 0, 2});
    HostTensor y = both(a, v -> Value.of(new ThinQr(), v));
    double[] expected = {1, 0, 0, 0, 0, 1, 0, 0, 0, 2};
    for (int i = 0; i < expected.length; i++) {
      assertThat(y.get(i) + 0.0).isEqualTo(expected[i]);
    }
  }

  @Test
  void refusesWhatIsNoSuchMatrix() {
    Value wide = Program.builder("p").input("a", new TensorType(DType.F64, Shape.of(1, 2, 3)));
    assertThatThrownBy(() -> Solve.qr(wide))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("tall");
    assertThatThrownBy(() -> Solve.cholesky(wide))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("square");
    Value huge = Program.builder("p").input("a", new TensorType(DType.F64, Shape.of(1, 901, 901)));
    assertThatThrownBy(() -> Solve.symmetricEigen(huge))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("900");
  }
}
