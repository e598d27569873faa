// SPDX-License-Identifier: Apache-2.0
package org.rigor.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Times of contenders in turns, in rounds of some milliseconds each, so that other load on the
 * machine falls on all of them. A ratio is the median of the ratios within a round.
 */
final class Interleaved {
  private static final long SETTLE_MS = 60;

  private final List<Contender> contenders;
  private final double[][] seconds;

  private Interleaved(List<Contender> contenders, int rounds) {
    this.contenders = contenders;
    this.seconds = new double[contenders.size()][rounds];
  }

  /** Measures all contenders; {@code slice} is the least time of a contender's turn. */
  static Interleaved measure(List<Contender> contenders, int rounds, double slice) {
    Interleaved all = new Interleaved(contenders, rounds);
    int[] repeats = new int[contenders.size()];
    for (int i = 0; i < repeats.length; i++) {
      repeats[i] = repeats(contenders.get(i).run(), slice);
    }
    for (int round = 0; round < rounds; round++) {
      for (int turn = 0; turn < repeats.length; turn++) {
        int i = (turn + round) % repeats.length;
        settle();
        all.seconds[i][round] = time(contenders.get(i).run(), repeats[i]);
      }
    }
    return all;
  }

  /**
   * Waits until the peers' threads stop spinning, some 30 ms after a call, so that no turn overlaps
   * it.
   */
  private static void settle() {
    try {
      Thread.sleep(SETTLE_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted between two turns", e);
    }
  }

  /** Warms up for some slices and returns how many calls fill one. */
  private static int repeats(Runnable run, double slice) {
    double best = time(run, 1);
    for (double spent = 0; spent < 20 * slice; ) {
      int calls = (int) Math.max(1, slice / best);
      double each = time(run, calls);
      spent += each * calls;
      best = Math.min(best, each);
    }
    return (int) Math.max(1, Math.ceil(slice / best));
  }

  private static double time(Runnable run, int calls) {
    long start = System.nanoTime();
    for (int i = 0; i < calls; i++) {
      run.run();
    }
    return (System.nanoTime() - start) * 1e-9 / calls;
  }

  double best(int i) {
    return Arrays.stream(seconds[i]).min().orElseThrow();
  }

  double median(int i) {
    return median(seconds[i]);
  }

  /** Returns the median over rounds of the speed of contender i relative to contender j. */
  double speedup(int i, int j) {
    double[] ratios = new double[seconds[i].length];
    for (int r = 0; r < ratios.length; r++) {
      ratios[r] = seconds[j][r] / seconds[i][r];
    }
    return median(ratios);
  }

  List<String> names() {
    List<String> names = new ArrayList<>();
    contenders.forEach(c -> names.add(c.name()));
    return names;
  }

  private static double median(double[] x) {
    double[] sorted = x.clone();
    Arrays.sort(sorted);
    return (sorted[(x.length - 1) / 2] + sorted[x.length / 2]) / 2;
  }
}
