// SPDX-License-Identifier: Apache-2.0
package org.rigor.verify;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/** Lines of work that take turns, so that a hard one does not hold up the others. */
final class Turns<T> {
  private final List<PriorityQueue<T>> lines = new ArrayList<>();
  private final int most;
  private int turn;

  /**
   * @param first what comes first in a line
   * @param most length of a line above which it has no turns
   */
  Turns(int lines, Comparator<? super T> first, int most) {
    IntStream.range(0, lines).forEach(i -> this.lines.add(new PriorityQueue<>(first)));
    this.most = most;
  }

  void add(int line, T one) {
    lines.get(line).add(one);
  }

  /**
   * Takes the first ones, one of each line in its turn.
   *
   * @param count most that are taken
   * @param wanted tells lines that go on
   * @param dropped told of what is in the others, which end
   */
  List<T> take(int count, IntPredicate wanted, Consumer<T> dropped) {
    List<T> some = new ArrayList<>();
    for (int idle = 0; some.size() < count && idle < lines.size(); idle++) {
      PriorityQueue<T> own = lines.get(turn);
      if (!own.isEmpty() && !wanted.test(turn)) {
        own.forEach(dropped);
        own.clear();
      }
      if (goesOn(own)) {
        some.add(own.poll());
        idle = -1;
      }
      turn = (turn + 1) % lines.size();
    }
    return some;
  }

  private boolean goesOn(Collection<T> line) {
    return !line.isEmpty() && line.size() <= most;
  }

  /** Returns whether a line is so long that it has no turns. */
  boolean isFull(int line) {
    return lines.get(line).size() > most;
  }

  /** Returns whether a line has turns left. */
  boolean goOn() {
    return lines.stream().anyMatch(this::goesOn);
  }

  /** Returns all that wait. */
  List<T> all() {
    List<T> all = new ArrayList<>();
    lines.forEach(all::addAll);
    return all;
  }
}
