// SPDX-License-Identifier: Apache-2.0
package org.rigor.smoothing;

/**
 * What n draws with f misses say about the probability q of a miss: limits of Clopper and Pearson
 * (1934), one-sided. Rounding is enclosed: a limit of level alpha fails at most as often.
 *
 * @param count f, 0 to n
 * @param draws n, at least 1
 */
record Misses(int count, int draws) {
  private static final double U = 0x1p-53;

  /** Width of a limit over the limit. */
  private static final double WIDTH = 1e-9;

  private static final int TABLE = 64;
  private static final double[] LOG_FACTORIAL = new double[TABLE];

  static {
    for (int m = 2; m < TABLE; m++) {
      LOG_FACTORIAL[m] = LOG_FACTORIAL[m - 1] + StrictMath.log(m);
    }
  }

  Misses {
    if (draws < 1 || count < 0 || count > draws) {
      throw new IllegalArgumentException(
          "misses: needs 0 to n of n >= 1 draws, got %d of %d".formatted(count, draws));
    }
  }

  /** Returns whether so few misses reject, at level alpha, every probability of {@code q} on. */
  boolean below(double q, double alpha) {
    return logAtMost(count, draws, q, 1 - q) <= log(alpha);
  }

  /** Returns whether so many misses reject, at level alpha, every probability up to {@code q}. */
  boolean above(double q, double alpha) {
    return logAtMost(draws - count, draws, 1 - q, q) <= log(alpha);
  }

  /** Returns an upper limit of the probability of a miss; 1 if all draws missed. */
  double upper(double alpha) {
    double low = (double) count / draws;
    double high = 1;
    while (high - low > WIDTH * high) {
      double mid = low + (high - low) / 2;
      if (below(mid, alpha)) {
        high = mid;
      } else {
        low = mid;
      }
    }
    return high;
  }

  /** Returns a lower limit of the probability of a miss; 0 if none missed. */
  double lower(double alpha) {
    double low = 0;
    double high = (double) count / draws;
    while (high - low > WIDTH * high) {
      double mid = low + (high - low) / 2;
      if (above(mid, alpha)) {
        low = mid;
      } else {
        high = mid;
      }
    }
    return low;
  }

  private static double log(double alpha) {
    return Math.nextDown(StrictMath.log(alpha));
  }

  /**
   * Returns an upper side of log P(X &lt;= f) for X binomial of n draws with probability {@code q};
   * 0 where f is not below the mean.
   *
   * @param rest 1 - q, to the nearest double
   */
  static double logAtMost(int f, int n, double q, double rest) {
    if (f >= n || !(q > 0) || ratio(f, n, q, rest) >= 1 - 1e-9) {
      return 0;
    }
    if (!(rest > 0)) {
      return Double.NEGATIVE_INFINITY;
    }
    // The largest term, then a series that falls faster than a geometric one.
    double[] terms = {
      logFactorial(n),
      -logFactorial(f),
      -logFactorial(n - f),
      f * StrictMath.log(q),
      (n - f) * StrictMath.log(rest)
    };
    double first = 0;
    double size = n; // rest may be off by u, and n - f times that enters
    for (double t : terms) {
      first += t;
      size += Math.abs(t);
    }
    double term = 1;
    double sum = 1;
    int i = f;
    for (; i > 0; i--) {
      double ratio = ratio(i, n, q, rest);
      term *= ratio;
      sum += term;
      double left = term * ratio / (1 - ratio);
      if (left <= U * sum) {
        sum += left;
        break;
      }
    }
    // 16 u a term of the sum, and as much for each operation; Stirling's series to 1e-11.
    double error = 16 * U * (size + f - i + 1) + 1e-11;
    return Math.min(0, first + StrictMath.log(sum) + error);
  }

  /** Returns the term of i - 1 over that of i. */
  private static double ratio(int i, int n, double q, double rest) {
    return i * rest / ((n - i + 1.0) * q);
  }

  /** Returns log m!, from Stirling's series beyond a table: it ends 1 / (1680 m^7) off at most. */
  private static double logFactorial(int m) {
    if (m < TABLE) {
      return LOG_FACTORIAL[m];
    }
    double x = m;
    double square = 1 / (x * x);
    double series = (1.0 / 12 - (1.0 / 360 - square / 1260) * square) / x;
    return (x + 0.5) * StrictMath.log(x) - x + 0.5 * StrictMath.log(2 * StrictMath.PI) + series;
  }
}
