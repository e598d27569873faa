// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import org.rigor.data.Box;
import org.rigor.op.Outward;
import org.rigor.threat.Scale;

/** A region of inputs, and the sides of all starts over it. */
final class Site {
  private static final double CLEARLY = 1e-9;

  /** Sides of the inputs, [D]. */
  final double[] low;

  final double[] high;

  /** Centre and radius of a ball that the sides enclose; null for the box alone. */
  final double[] x;

  final double epsilon;

  /** Label of the sample; 0 where there is none. */
  final int label;

  /** Sides of the starts, by start and unit; null until they are known. */
  double[][] lower;

  double[][] upper;

  /** CROWN's lower sides of the label's logit less each other; null without label. */
  double[] margins;

  /** Whom its trees work for. */
  Tree.Owner owner;

  /** What was found, if it is written down; else null. */
  Ledger ledger;

  /** Phases of the search that are behind it. */
  int phases;

  /** Whether ascents have tightened the sides of all starts. */
  boolean tight;

  /** Steps of ascent that its rows took. */
  long iterations;

  /** Slopes of these units are chosen, by start; the sides of all others have one sign. */
  private int[][] free;

  private final Map<Integer, Map<Integer, Row.Numbers>> last = new HashMap<>();
  private final Map<Start, int[]> chosen;

  /** Region that this is a cell of, or null. */
  private final Site around;

  /** Those that bound rows over it: itself, and whoever was added. */
  private int holders = 1;

  /** They, and the cells made of it that have not ended. */
  private int users = 1;

  /** Whether a lower side lies above an upper one: no point is in the region. */
  private boolean empty;

  /** Where its sides are kept on the device, and its inputs if it is no cell. */
  final Shelf.Held held = new Shelf.Held();

  final Shelf.Held inputs = new Shelf.Held();

  /** Start and unit of each side that was tightened since the device was told. */
  private int[] changed = new int[8];

  private int changes;
  private boolean told;

  /** Sides that were tightened ever, and of the region when this was made. */
  private long tightened;

  private long before;

  private Site(double[] low, double[] high, double[] x, double epsilon, int label) {
    this.low = low;
    this.high = high;
    this.x = x;
    this.epsilon = epsilon;
    this.label = label;
    this.chosen = new IdentityHashMap<>();
    this.around = null;
  }

  private Site(Site around) {
    this.low = around.low;
    this.high = around.high;
    this.x = around.x;
    this.epsilon = around.epsilon;
    this.label = around.label;
    this.chosen = around.chosen;
    this.around = around;
    this.lower = Arrays.stream(around.lower).map(double[]::clone).toArray(double[][]::new);
    this.upper = Arrays.stream(around.upper).map(double[]::clone).toArray(double[][]::new);
    this.free = around.free;
    this.empty = around.empty;
    this.before = around.tightened;
    around.users++;
  }

  /**
   * Returns a cell of this region: its sides begin as those of the region and may be tightened
   * apart; the slopes that are chosen stay the same.
   */
  Site cell() {
    for (int k = 0; k < lower.length; k++) {
      free(k);
    }
    return new Site(this);
  }

  /** Returns a box whose starts are not known. */
  static Site of(double[] low, double[] high) {
    return new Site(low.clone(), high.clone(), null, 0, 0);
  }

  /** Returns a ball in the box of valid inputs, rounded outward; starts are not known. */
  static Site of(double[] x, double epsilon, int label, Box box) {
    return of(x, epsilon, label, box, Optional.empty());
  }

  /**
   * Returns a ball in the box as {@link #of(double[], double, int, Box)} does.
   *
   * @param scale factors of the radius, one a feature
   */
  static Site of(double[] x, double epsilon, int label, Box box, Optional<Scale> scale) {
    double[] low = new double[x.length];
    double[] high = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      double own = scale.isPresent() ? scale.get().factors().get(i) : 1;
      double width = scale.isPresent() ? -down(-(epsilon * own)) : epsilon;
      low[i] = Math.max(box.lower(), down(x[i] - width));
      high[i] = Math.min(box.upper(), -down(-(x[i] + width)));
    }
    return new Site(low, high, x, epsilon, label);
  }

  /** Rounds as {@link Outward#down} does, so that regions are those of all certificates. */
  private static double down(double v) {
    return v - (Math.abs(v) * 0x1p-52 + Outward.TINY);
  }

  boolean isBox(double[] otherLow, double[] otherHigh) {
    return Arrays.equals(low, otherLow) && Arrays.equals(high, otherHigh);
  }

  /** Returns whether a unit may have both signs. */
  boolean isOpen(int start, int unit) {
    return lower[start][unit] < 0 && upper[start][unit] > 0;
  }

  /**
   * Takes a bound of a unit, or of its negative where {@code unit} counts on past the units.
   *
   * @return whether it is better than what was known
   */
  boolean tighten(int start, int unit, double bound) {
    return tighten(start, unit, bound, false);
  }

  /** Takes a bound as {@link #tighten} does, which the device has taken. */
  boolean tightened(int start, int unit, double bound) {
    return tighten(start, unit, bound, true);
  }

  private boolean tighten(int start, int unit, double bound, boolean there) {
    int n = lower[start].length;
    if (unit < n) {
      boolean better = bound > lower[start][unit];
      lower[start][unit] = better ? bound : lower[start][unit];
      change(better, there, start, unit);
      contradict(start, unit);
      return better;
    }
    boolean better = -bound < upper[start][unit - n];
    upper[start][unit - n] = better ? -bound : upper[start][unit - n];
    change(better, there, start, unit);
    contradict(start, unit - n);
    return better;
  }

  private void change(boolean better, boolean there, int start, int unit) {
    if (better && there) {
      tightened++;
    } else if (better) {
      changed = 2 * changes == changed.length ? Arrays.copyOf(changed, 4 * changes) : changed;
      changed[2 * changes] = start;
      changed[2 * changes + 1] = unit;
      changes++;
      tightened++;
    }
  }

  /** Returns how many sides the device has not been told of. */
  int changes() {
    return changes;
  }

  int changedStart(int i) {
    return changed[2 * i];
  }

  int changedUnit(int i) {
    return changed[2 * i + 1];
  }

  /** Says that the device has the sides as they are. */
  void changesTold() {
    changes = 0;
    told = true;
  }

  /** Returns the region that has all other sides alike, here and on the device, or null. */
  Site changesFrom() {
    boolean same = around != null && !told && around.tightened == before;
    return same && around.told && around.changes == 0 ? around : null;
  }

  /** Returns the region that this is, or is a cell of. */
  Site region() {
    Site all = this;
    while (all.around != null) {
      all = all.around;
    }
    return all;
  }

  /** Looks for sides that contradict each other clearly: another program is to find that too. */
  private void contradict(int start, int unit) {
    double size = Math.abs(lower[start][unit]) + Math.abs(upper[start][unit]);
    empty |= lower[start][unit] - upper[start][unit] > CLEARLY * (1 + size);
  }

  /** Returns whether sides contradict each other, so that no point is in the region. */
  boolean isEmpty() {
    return empty;
  }

  /** Restricts a unit to one side of a point. */
  void restrict(int start, int unit, int sign, double point) {
    tighten(start, sign > 0 ? unit : unit + lower[start].length, sign * point);
  }

  /** Returns the numbers that {@link #keep} was given last for a side of a unit, or null. */
  Row.Numbers last(int start, int unit) {
    Row.Numbers own = last.getOrDefault(start, Map.of()).get(unit);
    return own == null && around != null ? around.last(start, unit) : own;
  }

  /** Keeps the numbers that an ascent found, whose only user it is. */
  void keep(int start, int unit, Row.Numbers found) {
    Row.Numbers.drop(last.computeIfAbsent(start, k -> new HashMap<>()).put(unit, found));
  }

  /** Adds a user, who ends, too. */
  void keep() {
    holders++;
    users++;
  }

  /**
   * Ends a user. The last one lets go of a cell's sides; the last cell made of it of the numbers
   * that it keeps, and of the cell around it.
   */
  void end() {
    holders--;
    if (holders == 0 && around != null) {
      lower = null;
      upper = null;
    }
    leave();
  }

  private void leave() {
    users--;
    if (users == 0) {
      last.values().forEach(own -> own.values().forEach(Row.Numbers::drop));
      last.clear();
      if (around != null) {
        around.leave();
      }
    }
  }

  /**
   * Returns the units of a start whose slopes are chosen: those that were open when it was first
   * used.
   */
  int[] free(int start) {
    if (free == null) {
      free = new int[lower.length][];
    }
    if (free[start] == null) {
      free[start] = IntStream.range(0, lower[start].length).filter(u -> isOpen(start, u)).toArray();
    }
    return free[start];
  }

  /**
   * Forgets which slopes are chosen, before its sides are tightened; no row goes on from others.
   */
  void restart() {
    free = null;
    chosen.clear();
  }

  /** Returns the bytes of the sides of its starts. */
  long sides() {
    long bytes = 0;
    for (int k = 0; lower != null && k < lower.length; k++) {
      bytes += 2L * Double.BYTES * lower[k].length;
    }
    return bytes;
  }

  /** Returns about how many bytes it takes on the host, with its sides and the numbers it keeps. */
  long bytes() {
    long bytes = 2L * Double.BYTES * low.length + (ledger == null ? 0 : ledger.bytes());
    bytes += sides();
    for (Map<Integer, Row.Numbers> own : last.values()) {
      bytes += own.values().stream().filter(Objects::nonNull).mapToLong(Row.Numbers::bytes).sum();
    }
    return bytes;
  }

  /** Returns the places of what is chosen: slopes of elements of bent values, and all of hulls. */
  int[] chosen(Start start) {
    return chosen.computeIfAbsent(
        start,
        s ->
            IntStream.concat(
                    IntStream.range(0, s.bends().size())
                        .flatMap(i -> units(s.bends().get(i)).map(u -> s.offset(i) + u)),
                    IntStream.range(s.width(), s.numbers()))
                .toArray());
  }

  /** Returns the elements of a bent value whose slopes are chosen. */
  IntStream units(Start.Bend bend) {
    return bend.start() >= 0 ? Arrays.stream(free(bend.start())) : IntStream.range(0, bend.size());
  }
}
