// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import org.rigor.queue.Pool;
import org.rigor.queue.SlotQueue;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * Branch and bound of margins: a tree of cells for each margin that is open. Trees grow in rounds,
 * each by its own worst leaves, so that a tree does not depend on those around it.
 */
final class Trees {
  /** Leaves of a tree in a round. */
  private static final int TAKE = 32;

  private final SlotQueue queue;
  private final List<Shape> bent;
  private final int models;
  private final int capacity;
  private final int most;
  private final int width;

  /**
   * @param queue of {@link CellWork}
   * @param capacity items of the queue
   * @param most nodes of a tree
   */
  Trees(SlotQueue queue, List<Shape> bent, int models, int capacity, int most) {
    this.queue = queue;
    this.bent = bent;
    this.models = models;
    this.capacity = capacity;
    this.most = most;
    this.width = Math.toIntExact(bent.stream().mapToLong(Shape::size).sum());
  }

  /** A cell: the split values by number, and their signs. */
  private record Cell(int[] values, byte[] signs, double bound, long order) {
    Cell child(int value, int sign, double least, long number) {
      int n = values.length;
      int[] more = Arrays.copyOf(values, n + 1);
      byte[] signed = Arrays.copyOf(signs, n + 1);
      more[n] = value;
      signed[n] = (byte) sign;
      return new Cell(more, signed, least, number);
    }
  }

  /** The cells of one margin. */
  static final class Tree {
    final int model;
    final int sample;
    final int other;
    private final PriorityQueue<Cell> open =
        new PriorityQueue<>(
            Comparator.comparingDouble((Cell c) -> c.bound()).thenComparingLong(Cell::order));
    private double closed = Double.POSITIVE_INFINITY;
    private int nodes;
    private long numbered;
    private boolean over;

    /**
     * @param sample number among those whose sides the queue holds
     * @param other class of the margin
     * @param bound that is known of it
     */
    Tree(int model, int sample, int other, double bound) {
      this.model = model;
      this.sample = sample;
      this.other = other;
      open.add(new Cell(new int[0], new byte[0], bound, 0));
    }

    /** Returns the least bound of its leaves, a bound of the margin. */
    double bound() {
      return open.isEmpty() ? closed : Math.min(closed, open.peek().bound());
    }

    private boolean grows(int most) {
      return !open.isEmpty() && !over && nodes < most;
    }

    /** Returns whether the margin is not proved, and will not be. */
    private boolean failed(int most) {
      return !open.isEmpty() && !grows(most);
    }

    private void take(Cell c, double judged, double value, int branch, double score) {
      nodes++;
      double bound = judged > c.bound() ? judged : c.bound(); // the parent's holds here too
      if (bound > 0) {
        closed = Math.min(closed, bound);
      } else if (value < 0 || !(score > 0)) {
        open.add(new Cell(c.values(), c.signs(), bound, c.order()));
        over = true;
      } else {
        open.add(c.child(branch, 1, bound, ++numbered));
        open.add(c.child(branch, -1, bound, ++numbered));
      }
    }
  }

  /** A leaf that a round bounds, and its tree. */
  private record Leaf(Tree tree, Cell cell) {}

  /**
   * Grows trees until each is proved or over. A sample needs all its margins: when one fails, the
   * others stop.
   */
  void grow(List<Tree> trees) {
    List<Tree> growing = new ArrayList<>(trees);
    while (true) {
      growing.removeIf(
          t ->
              !t.grows(most)
                  || trees.stream()
                      .anyMatch(o -> o.model == t.model && o.sample == t.sample && o.failed(most)));
      if (growing.isEmpty()) {
        return;
      }
      List<List<Leaf>> round = new ArrayList<>();
      for (int m = 0; m < models; m++) {
        round.add(new ArrayList<>());
      }
      for (Tree t : growing) {
        List<Leaf> own = round.get(t.model);
        int take = Math.min(TAKE, most - t.nodes);
        if (own.size() + take > capacity) {
          continue; // its turn comes in a later round, with the same leaves
        }
        for (int i = 0; i < take && !t.open.isEmpty(); i++) {
          own.add(new Leaf(t, t.open.poll()));
        }
      }
      bound(round);
    }
  }

  private void bound(List<List<Leaf>> round) {
    int[] sample = new int[models * capacity];
    int[] other = new int[models * capacity];
    List<double[]> splits = new ArrayList<>();
    for (int i = 0; i < bent.size(); i++) {
      splits.add(new double[Math.toIntExact(models * capacity * bent.get(i).size())]);
    }
    int[][] items = new int[models][];
    for (int m = 0; m < models; m++) {
      List<Leaf> own = round.get(m);
      items[m] = new int[own.size()];
      for (int n = 0; n < own.size(); n++) {
        int at = m * capacity + n;
        items[m][n] = n;
        sample[at] = own.get(n).tree().sample;
        other[at] = own.get(n).tree().other;
        Cell c = own.get(n).cell();
        for (int k = 0; k < c.values().length; k++) {
          set(splits, at, c.values()[k], c.signs()[k]);
        }
      }
    }
    Shape each = Shape.of(models, capacity);
    queue.put("sample", HostTensor.of(each, sample));
    queue.put("class", HostTensor.of(each, other));
    for (int i = 0; i < bent.size(); i++) {
      Shape all = bent.get(i).insert(0, capacity).insert(0, models);
      queue.put("split-" + i, HostTensor.of(all, splits.get(i)));
    }
    Map<String, HostTensor> found =
        queue.run(new Pool(capacity, items), List.of("judged", "branch", "score", "value"));
    for (int m = 0; m < models; m++) {
      for (int n = 0; n < round.get(m).size(); n++) {
        int at = m * capacity + n;
        Leaf leaf = round.get(m).get(n);
        leaf.tree()
            .take(
                leaf.cell(),
                found.get("judged").doubles()[at],
                found.get("value").doubles()[at],
                found.get("branch").ints()[at],
                found.get("score").doubles()[at]);
      }
    }
  }

  private void set(List<double[]> splits, int at, int value, byte sign) {
    int left = value;
    for (int i = 0; i < bent.size(); i++) {
      int n = Math.toIntExact(bent.get(i).size());
      if (left < n) {
        splits.get(i)[at * n + left] = sign;
        return;
      }
      left -= n;
    }
    throw new IllegalArgumentException("value " + value + " of " + width);
  }
}
