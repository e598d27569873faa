// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

/**
 * Eigenvalues and vectors of one symmetric matrix by two-sided Jacobi rotations (Golub and Van Loan
 * 2013, section 8.5), n / 2 disjoint ones at a time in a round-robin (Brent and Luk 1985): the
 * plain Java twin of {@code symmetric_eigen} in {@code solve.cu}, with the same order of rounding.
 */
final class Jacobi {
  private final int n;
  private final int pairs;
  private final int rounds;
  private final double unit;
  private final boolean single;
  private final double[] w;
  private final double[] v;
  private final double[] cosine;
  private final double[] sine;
  private final double[] low;
  private final double[] high;
  private final int[] first;
  private final int[] second;

  /**
   * @param type the block whose rounding is used
   */
  Jacobi(int n, RealBlock type) {
    this.n = n;
    this.single = type.single();
    this.unit = type.single() ? 0x1p-24 : 0x1p-53;
    this.pairs = (n + 1) / 2;
    this.rounds = n + (n & 1) - 1;
    this.w = new double[n * n];
    this.v = new double[n * n];
    this.cosine = new double[pairs];
    this.sine = new double[pairs];
    this.low = new double[pairs];
    this.high = new double[pairs];
    this.first = new int[pairs];
    this.second = new int[pairs];
  }

  private double r(double x) {
    return single ? (float) x : x;
  }

  /**
   * Decomposes the n x n matrix at {@code from}; writes n values, then n x n vectors as columns, at
   * {@code to}.
   */
  void run(RealBlock a, int from, RealBlock out, int to, int sweeps) {
    boolean bad = false;
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        double x = a.get(from + i * n + j);
        w[i * n + j] = r(r(x + a.get(from + j * n + i)) * 0.5);
        v[i * n + j] = i == j ? 1 : 0;
        bad |= !Double.isFinite(w[i * n + j]);
      }
    }
    boolean moved = !bad;
    for (int s = 0; s < sweeps && moved; s++) {
      moved = false;
      for (int round = 0; round < rounds; round++) {
        if (choose(round)) {
          moved = true;
          rotate();
        }
      }
    }
    for (int i = 0; i < n; i++) {
      bad |= !Double.isFinite(w[i * n + i]);
    }
    if (bad) {
      out.fill(to, n + n * n, Double.NaN);
    } else {
      write(out, to);
    }
  }

  /** Chooses the pairs of a round and their rotations; returns false if all are the identity. */
  private boolean choose(int round) {
    int last = rounds;
    boolean any = false;
    for (int k = 0; k < pairs; k++) {
      int a = k == 0 ? last : (round + k) % last;
      int b = (round - k + last) % last;
      int p = Math.min(a, b);
      int q = Math.max(a, b);
      first[k] = p;
      second[k] = q;
      cosine[k] = 1;
      sine[k] = 0;
      if (q >= n) {
        continue;
      }
      double pp = w[p * n + p];
      double qq = w[q * n + q];
      double pq = w[p * n + q];
      if (Math.abs(pq) > r(unit * r(Math.abs(pp) + Math.abs(qq)))) {
        double theta = r(r(qq - pp) / r(2 * pq));
        double root = r(Math.sqrt(r(r(theta * theta) + 1)));
        double t = r(1 / r(Math.abs(theta) + root));
        t = theta < 0 ? -t : t;
        cosine[k] = r(1 / r(Math.sqrt(r(r(t * t) + 1))));
        sine[k] = r(t * cosine[k]);
        low[k] = r(pp - r(t * pq));
        high[k] = r(qq + r(t * pq));
        any = true;
      }
    }
    return any;
  }

  private void rotate() {
    for (int k = 0; k < pairs; k++) {
      int p = first[k];
      int q = second[k];
      double c = cosine[k];
      double s = sine[k];
      if (s != 0) {
        w[p * n + p] = low[k];
        w[q * n + q] = high[k];
        w[p * n + q] = 0;
        w[q * n + p] = 0;
        for (int i = 0; i < n * n; i += n) {
          double ip = v[i + p];
          double iq = v[i + q];
          v[i + p] = r(r(c * ip) - r(s * iq));
          v[i + q] = r(r(s * ip) + r(c * iq));
        }
      }
      for (int l = k + 1; l < pairs; l++) {
        if (s != 0 || sine[l] != 0) {
          block(p, q, first[l], second[l], c, s, cosine[l], sine[l]);
        }
      }
    }
  }

  /** Rotates the four elements where the pairs (p, q) and (i, j) cross; q or j may be the bye n. */
  private void block(int p, int q, int i, int j, double c, double s, double c1, double s1) {
    boolean whole = q < n;
    boolean full = j < n;
    double pi = w[p * n + i];
    double pj = full ? w[p * n + j] : 0;
    double qi = whole ? w[q * n + i] : 0;
    double qj = whole && full ? w[q * n + j] : 0;
    double upi = r(r(c * pi) - r(s * qi));
    double upj = r(r(c * pj) - r(s * qj));
    double uqi = r(r(s * pi) + r(c * qi));
    double uqj = r(r(s * pj) + r(c * qj));
    put(p, i, r(r(c1 * upi) - r(s1 * upj)));
    if (full) {
      put(p, j, r(r(s1 * upi) + r(c1 * upj)));
    }
    if (whole) {
      put(q, i, r(r(c1 * uqi) - r(s1 * uqj)));
    }
    if (whole && full) {
      put(q, j, r(r(s1 * uqi) + r(c1 * uqj)));
    }
  }

  private void put(int i, int j, double x) {
    w[i * n + j] = x;
    w[j * n + i] = x;
  }

  /**
   * Writes values in ascending order, ties by position, and vectors whose entry of largest
   * magnitude is positive.
   */
  private void write(RealBlock out, int to) {
    for (int i = 0; i < n; i++) {
      double value = w[i * n + i];
      int place = 0;
      double largest = 0;
      for (int j = 0; j < n; j++) {
        double other = w[j * n + j];
        place += other < value || (other == value && j < i) ? 1 : 0;
        double entry = v[j * n + i];
        largest = Math.abs(entry) > Math.abs(largest) ? entry : largest;
      }
      out.set(to + place, value);
      for (int j = 0; j < n; j++) {
        out.set(to + n + j * n + place, largest < 0 ? -v[j * n + i] : v[j * n + i]);
      }
    }
  }
}
