// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec;

/**
 * What the host has asked of a device. Only the order of calls decides it, never their speed, so an
 * emulated device counts what a GPU would.
 *
 * @param launches kernels, matrix products and fills queued one by one
 * @param replays recorded graphs queued
 * @param nodes kernels, matrix products, copies and fills in those graphs
 * @param toDevice copies from host memory
 * @param toHost copies to host memory
 * @param within copies between places on the device
 * @param waits times that the host waited for queued work it did not know to be done
 * @param drains those of the waits behind which nothing was queued, so that the device went idle
 */
public record Traffic(
    long launches,
    long replays,
    long nodes,
    Copies toDevice,
    Copies toHost,
    Copies within,
    long waits,
    long drains) {
  /** A number of copies, and the bytes of them all. */
  public record Copies(long count, long bytes) {
    static final Copies NONE = new Copies(0, 0);

    private Copies plus(Copies o, int sign) {
      return new Copies(count + sign * o.count, bytes + sign * o.bytes);
    }
  }

  /** Nothing asked. */
  public static final Traffic NONE = one(0, Copies.NONE, Copies.NONE, Copies.NONE);

  /** One launch. */
  public static final Traffic LAUNCH = one(1, Copies.NONE, Copies.NONE, Copies.NONE);

  /** One wait with work queued behind it. */
  public static final Traffic WAIT = waits(false);

  /** One wait with nothing queued behind it. */
  public static final Traffic DRAIN = waits(true);

  private static Traffic one(long launches, Copies toDevice, Copies toHost, Copies within) {
    return new Traffic(launches, 0, 0, toDevice, toHost, within, 0, 0);
  }

  private static Traffic waits(boolean drains) {
    return new Traffic(0, 0, 0, Copies.NONE, Copies.NONE, Copies.NONE, 1, drains ? 1 : 0);
  }

  /** Returns one copy from host memory. */
  public static Traffic toDevice(long bytes) {
    return one(0, new Copies(1, bytes), Copies.NONE, Copies.NONE);
  }

  /** Returns one copy to host memory. */
  public static Traffic toHost(long bytes) {
    return one(0, Copies.NONE, new Copies(1, bytes), Copies.NONE);
  }

  /** Returns one copy on the device. */
  public static Traffic within(long bytes) {
    return one(0, Copies.NONE, Copies.NONE, new Copies(1, bytes));
  }

  /** Returns one replay of a graph in which this was recorded. */
  public Traffic replayed() {
    long inside = launches + toDevice.count + toHost.count + within.count;
    return new Traffic(0, 1, inside, toDevice, toHost, within, 0, 0);
  }

  public Traffic plus(Traffic o) {
    return sum(o, 1);
  }

  /** Returns what was asked after {@code earlier}. */
  public Traffic since(Traffic earlier) {
    return sum(earlier, -1);
  }

  private Traffic sum(Traffic o, int sign) {
    return new Traffic(
        launches + sign * o.launches,
        replays + sign * o.replays,
        nodes + sign * o.nodes,
        toDevice.plus(o.toDevice, sign),
        toHost.plus(o.toHost, sign),
        within.plus(o.within, sign),
        waits + sign * o.waits,
        drains + sign * o.drains);
  }
}
