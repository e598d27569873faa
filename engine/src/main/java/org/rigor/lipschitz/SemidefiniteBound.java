// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.rigor.diff.Kind;
import org.rigor.ir.Range;
import org.rigor.linalg.Definite;
import org.rigor.linalg.GemmShape;
import org.rigor.linalg.GramNorm;
import org.rigor.linalg.Rounding;
import org.rigor.linalg.SharedGemm;
import org.rigor.workspace.Models;

/**
 * Certified upper bound of the global Euclidean Lipschitz constant of chains of affine maps and
 * slope-restricted functions by semidefinite programming (LipSDP-Neuron, Fazlyab et al., Efficient
 * and Accurate Estimation of Lipschitz Constants for Deep Neural Networks, NeurIPS 2019). {@link
 * Multipliers} searches in floating point; what it finds counts only as a feasible point, proved by
 * a Cholesky factorisation with its rounding enclosed. Biases are ignored.
 */
public final class SemidefiniteBound {
  /** Kind of the bounds. */
  public static final Kind KIND = Kind.CERTIFIED;

  /** Most inputs, units of a layer or outputs. */
  private static final int WIDEST = 4096;

  /** Most units in all: a step of the search solves for one number of each. */
  private static final int MOST_UNITS = 3072;

  private static final double[] LOOSER = {0, 1e-9, 1e-6, 1e-4, 1e-2, 1};

  /**
   * A bound of one network.
   *
   * @param upper at least its Lipschitz constant; infinite where nothing was proved, as of a map of
   *     zeros
   * @param least no multipliers of this kind would give less than this, up to rounding: an estimate
   * @param steps of Newton's method
   */
  public record Bound(double upper, double least, int steps) {}

  private SemidefiniteBound() {}

  /**
   * Returns the bounds of some networks, each on a thread of its own, or empty where the
   * architecture has none: it is no chain ({@link ChainReader}), or too large.
   *
   * @throws IllegalArgumentException naming weights that are not finite
   */
  public static Optional<List<Bound>> of(Models networks) {
    Optional<List<SlopeChain>> chains = ChainReader.read(networks, WIDEST);
    if (chains.isEmpty() || chains.get().get(0).units() > MOST_UNITS) {
      return Optional.empty();
    }
    List<SlopeChain> all = chains.get();
    Bound[] out = new Bound[all.size()];
    IntStream.range(0, out.length).parallel().forEach(m -> out[m] = of(all.get(m)));
    return Optional.of(Arrays.asList(out));
  }

  static Bound of(SlopeChain chain) {
    int[] exponents = new int[chain.maps()];
    int sum = 0;
    for (int i = 0; i < exponents.length; i++) {
      int[] n = chain.widths();
      double norm = GramNorm.upper(chain.weights()[i], n[i + 1], n[i]);
      if (norm == 0) {
        return new Bound(Double.POSITIVE_INFINITY, 0, 0);
      }
      exponents[i] = -(Math.getExponent(norm) + 1);
      sum -= exponents[i];
    }
    SlopeChain scaled = chain.scaled(exponents);
    BalancedChain search = BalancedChain.of(scaled);
    if (Arrays.stream(search.chain().widths()).anyMatch(n -> n == 0)) {
      return new Bound(Double.POSITIVE_INFINITY, 0, 0);
    }
    Multipliers.Found found = Multipliers.of(search.chain());
    double[] lambda = search.multipliers(found.lambda());
    double least = Math.scalb(Math.sqrt(Math.max(0, found.least())), sum);
    for (double looser : LOOSER) {
      double rho = found.rho() * (1 + looser);
      if (holds(scaled, rho, lambda)) {
        return new Bound(Rounding.scaleUp(Rounding.sqrtUp(rho), sum), least, found.steps());
      }
    }
    return new Bound(Double.POSITIVE_INFINITY, least, found.steps());
  }

  /**
   * Proves that the matrix of {@link Multipliers}, with the identity of the outputs beside {@code
   * -W_m} in place of {@code -W_m' W_m}, is definite for all real weights that the chain stands
   * for.
   *
   * @param lambda any numbers: the proof takes them as they are
   */
  static boolean holds(SlopeChain c, double rho, double[] lambda) {
    int[] n = c.widths();
    int size = Arrays.stream(n).sum();
    double[] a = new double[size * size];
    double[] lost = new double[c.maps() + 1]; // of the blocks of each map, before scaling
    int at = 0;
    for (int j = 0; j < n[0]; j++) {
      a[j * size + j] = rho;
    }
    int unit = 0;
    for (int i = 1; i <= c.maps(); i++) {
      int next = at + n[i - 1];
      boolean outputs = i == c.maps();
      double[] own = outputs ? null : Arrays.copyOfRange(lambda, unit, unit + n[i]);
      Range slopes = outputs ? null : c.slopes()[i - 1];
      double sum = outputs ? 1 : slopes.least() + slopes.most();
      for (int k = 0; k < n[i]; k++) {
        double by = outputs ? 1 : own[k];
        if (!(by > 0)) {
          return false; // slopes bound a sum that multipliers below 0 would turn round
        }
        a[(next + k) * size + next + k] = outputs ? 1 : 2 * by;
        for (int j = 0; j < n[i - 1]; j++) {
          a[(at + j) * size + next + k] = -(sum * by) * c.weights()[i - 1][k * n[i - 1] + j];
        }
      }
      if (!outputs) {
        lost[i] = inner(c, i, own, a, size, at);
      }
      unit += outputs ? 0 : n[i];
      at = next;
    }
    return proved(c, a, size, lambda, lost);
  }

  /**
   * Adds {@code 2 a b W' Lambda W} to the block before a layer and returns a bound of its error.
   */
  private static double inner(SlopeChain c, int i, double[] own, double[] a, int size, int at) {
    double both = 2 * c.slopes()[i - 1].least() * c.slopes()[i - 1].most();
    if (both == 0) {
      return 0;
    }
    int rows = c.widths()[i];
    int cols = c.widths()[i - 1];
    double[] w = c.weights()[i - 1];
    double[] scaled = w.clone();
    double largest = 0;
    double squares = 0;
    for (int k = 0; k < rows; k++) {
      largest = Math.max(largest, Math.abs(own[k]));
      for (int j = k * cols; j < (k + 1) * cols; j++) {
        scaled[j] *= both * own[k];
        squares = Rounding.addUp(squares, Rounding.mulUp(Math.abs(w[j]), Math.abs(w[j])));
      }
    }
    double[] added = new double[cols * cols];
    SharedGemm.run(
        GemmShape.of(cols, cols, rows).transposed(true, false), w, 0, scaled, 0, added, 0);
    for (int r = 0; r < cols; r++) {
      for (int q = r; q < cols; q++) {
        a[(at + r) * size + at + q] += added[r * cols + q];
      }
    }
    double factor = Rounding.mulUp(Math.nextUp(Math.abs(both) * (1 + 0x1p-50)), largest);
    double error = length(c.errors()[i - 1]);
    double weights =
        Rounding.mulUp(error, Rounding.addUp(Rounding.mulUp(2, Rounding.sqrtUp(squares)), error));
    double rounding = Rounding.mulUp(Rounding.gamma(rows + 6L), squares);
    return Rounding.mulUp(factor, Rounding.addUp(weights, rounding));
  }

  /** Scales a matrix to a diagonal of about 1, by powers of two, and proves it definite. */
  private static boolean proved(
      SlopeChain c, double[] a, int size, double[] lambda, double[] lost) {
    int[] shift = new int[size];
    for (int i = 0; i < size; i++) {
      double d = a[i * size + i];
      if (!(d > 0) || Double.isInfinite(d)) {
        return false;
      }
      shift[i] = -Math.floorDiv(Math.getExponent(d), 2);
    }
    double squares = 0;
    for (int i = 0; i < size; i++) {
      for (int j = i; j < size; j++) {
        double v = Math.scalb(a[i * size + j], shift[i] + shift[j]);
        a[i * size + j] = v;
        double magnitude = Math.abs(v);
        squares = Rounding.addUp(squares, Rounding.mulUp(2, Rounding.mulUp(magnitude, magnitude)));
      }
    }
    // Each number off the blocks of W' Lambda W is a product of three, each rounded once or twice.
    double distance = Rounding.mulUp(8 * Rounding.UNIT, Rounding.sqrtUp(squares));
    distance = Rounding.addUp(distance, Rounding.mulUp(size, Double.MIN_NORMAL));
    int at = 0;
    int unit = 0;
    for (int i = 1; i <= c.maps(); i++) {
      int[] n = c.widths();
      boolean outputs = i == c.maps();
      Range slopes = outputs ? Range.of(1) : c.slopes()[i - 1];
      double factor =
          outputs ? 1 : Math.nextUp(Math.abs(slopes.least() + slopes.most()) * (1 + 0x1p-50));
      double[] errors = c.errors()[i - 1].clone();
      for (int k = 0; k < n[i]; k++) {
        double by = Rounding.mulUp(factor, outputs ? 1 : Math.abs(lambda[unit + k]));
        int row = shift[at + n[i - 1] + k];
        for (int j = 0; j < n[i - 1]; j++) {
          int kj = k * n[i - 1] + j;
          errors[kj] = Rounding.scaleUp(Rounding.mulUp(by, errors[kj]), row + shift[at + j]);
        }
      }
      double beside = length(errors);
      int columns = Arrays.stream(shift, at, at + n[i - 1]).max().orElse(0);
      double inner = Rounding.scaleUp(lost[i], 2 * columns);
      distance = Rounding.addUp(distance, Rounding.addUp(Rounding.mulUp(2, beside), inner));
      at += n[i - 1];
      unit += outputs ? 0 : n[i];
    }
    return Definite.proved(a, size, distance);
  }

  private static double length(double[] v) {
    double squares = 0;
    for (double x : v) {
      squares = Rounding.addUp(squares, Rounding.mulUp(x, x));
    }
    return Rounding.sqrtUp(squares);
  }
}
