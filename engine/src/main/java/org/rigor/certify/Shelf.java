// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

/**
 * Places of a table on a device that holds for a while what the host knows anyway. A new entry
 * takes the place that was given away longest ago.
 */
final class Shelf {
  /** Where something lies that may be on a shelf. */
  static final class Held {
    private Shelf on;
    private int place;
    private long ticket;
  }

  private final long[] tickets;
  private final long[] used;
  private long given;
  private long run;
  private int next;

  Shelf(int places) {
    this.tickets = new long[places];
    this.used = new long[places];
  }

  int places() {
    return tickets.length;
  }

  /** Begins a run: what it finds or puts keeps its place until the next one. */
  void begin() {
    run++;
  }

  /** Returns the place of what is still there, -1 if it is not. */
  int find(Held held) {
    if (held.on != this || tickets[held.place] != held.ticket) {
      return -1;
    }
    used[held.place] = run;
    return held.place;
  }

  /**
   * Gives a place.
   *
   * @throws IllegalStateException if the run uses all
   */
  int put(Held held) {
    for (int n = 0; n < tickets.length; n++) {
      int place = next;
      next = next + 1 == tickets.length ? 0 : next + 1;
      if (used[place] != run || run == 0) {
        put(held, place);
        return place;
      }
    }
    throw new IllegalStateException("shelf: a run uses more than " + tickets.length + " places");
  }

  /** Gives a certain place. */
  void put(Held held, int place) {
    held.on = this;
    held.place = place;
    held.ticket = ++given;
    tickets[place] = given;
    used[place] = run;
  }
}
