// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.schedule;

import com.google.gson.JsonObject;
import java.io.PrintStream;
import java.util.function.LongSupplier;

/**
 * The progress display of a run: one redrawn line on a terminal, a line every few seconds
 * elsewhere, or one JSON object per event.
 */
abstract class LiveLine implements AutoCloseable {
  private final PrintStream out;
  private final RunProgress.Style style;
  private final Thread ticker;
  private final LongSupplier nanos;
  private long startNanos;
  private boolean lineShown;
  private boolean closed;

  LiveLine(PrintStream out, RunProgress.Style style, LongSupplier nanos) {
    this.nanos = nanos;
    this.startNanos = nanos.getAsLong();
    this.out = out;
    this.style = style;
    long period = style == RunProgress.Style.TERMINAL ? 200 : 5_000;
    ticker =
        new Thread(
            () -> {
              try {
                while (true) {
                  Thread.sleep(period);
                  tick();
                }
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            "progress");
    ticker.setDaemon(true);
    ticker.start();
  }

  /** Returns the progress line, or the empty string before there is progress. */
  abstract String line();

  /** Adds the fields of a progress event other than its name and time. */
  abstract void describe(JsonObject event);

  /** Restarts the clock. */
  final synchronized void restart() {
    startNanos = nanos.getAsLong();
  }

  /** Returns the time since the start, at least a millisecond. */
  final synchronized double seconds() {
    return Math.max(1e-3, (nanos.getAsLong() - startNanos) / 1e9);
  }

  /** Prints a line that the user must not miss. */
  public final synchronized void note(String text) {
    if (style == RunProgress.Style.JSON) {
      JsonObject e = event("note");
      e.addProperty("text", text);
      emit(e);
      return;
    }
    wipe();
    out.println(text);
    out.flush();
  }

  private synchronized void tick() {
    String line = line();
    if (closed || line.isEmpty()) {
      return;
    }
    if (style == RunProgress.Style.JSON) {
      JsonObject e = event("progress");
      describe(e);
      emit(e);
    } else if (style == RunProgress.Style.TERMINAL) {
      out.print("\r" + line + "\u001b[K");
      out.flush();
      lineShown = true;
    } else {
      out.println(line);
      out.flush();
    }
  }

  final JsonObject event(String name) {
    JsonObject o = new JsonObject();
    o.addProperty("event", name);
    o.addProperty("seconds", Math.round((nanos.getAsLong() - startNanos) / 1e6) / 1e3);
    return o;
  }

  final void emit(JsonObject e) {
    if (style == RunProgress.Style.JSON) {
      out.println(e);
      out.flush();
    }
  }

  /** Returns a bar of ten characters, for example {@code [###-------] }. */
  static String bar(double share) {
    int full = (int) (10 * share);
    return "[" + "#".repeat(full) + "-".repeat(10 - full) + "] ";
  }

  private void wipe() {
    if (lineShown) {
      out.print("\r\u001b[K");
      lineShown = false;
    }
  }

  /** Ends the display and removes the line. */
  @Override
  public void close() {
    ticker.interrupt();
    synchronized (this) {
      closed = true;
      wipe();
      out.flush();
    }
  }
}
