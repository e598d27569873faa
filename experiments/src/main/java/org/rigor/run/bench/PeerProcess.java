// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.bench;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A peer that waits for its turns. Asked to {@code prepare WORK M SECONDS} it answers {@code @ready}, warm,
 * or {@code @idle} if it has no such work; after {@code turn} it runs once and answers {@code
 * @took}, or {@code @spent} if its time is used up; after {@code end} it writes its records and
 * answers {@code @idle}. All else that it prints is of no concern here.
 */
final class PeerProcess implements AutoCloseable {
  private static final String GONE = "@gone";

  /** Two ticks of the clock by which Linux counts processor time. */
  private static final long REST_MILLIS = 20;

  private static final int MOST_RESTS = 50;

  private static final long LOOK_NANOS = 100_000_000L;

  private final Process process;
  private final String name;
  private final Records records;
  private final BufferedWriter commands;
  private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();

  /** Processes that it started; they outlive one that ends by itself. */
  private final Set<ProcessHandle> children = new HashSet<>();

  private long nanosLeft;
  private State state = State.IDLE;

  private enum State {
    IDLE,
    /** Takes turns. */
    READY,
    /** Takes no more turns, and waits for the end of the timing. */
    SPENT,
    GONE
  }

  private PeerProcess(Process process, String name, double seconds, Records records) {
    this.process = process;
    this.name = name;
    this.records = records;
    this.nanosLeft = (long) (1e9 * (1.5 * seconds + 20));
    this.commands =
        new BufferedWriter(
            new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8));
    Thread reader = new Thread(this::read, name);
    reader.setDaemon(true);
    reader.start();
  }

  /**
   * Starts a process and waits until it has loaded its libraries. One that lacks them writes that
   * down and ends, which is no failure.
   *
   * @param seconds that it may run in all, while asked to; it is killed a little later
   */
  static PeerProcess start(ProcessBuilder builder, String name, double seconds, Records records)
      throws IOException {
    System.err.println(name);
    PeerProcess peer = new PeerProcess(builder.start(), name, seconds, records);
    peer.await();
    return peer;
  }

  private void read() {
    try (BufferedReader in = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (line.startsWith("@")) {
          answers.add(line);
        }
      }
    } catch (IOException | UncheckedIOException e) {
      // The process ended while a line was being read.
    }
    answers.add(GONE);
  }

  void prepare(String work, int m, double budgetSeconds) {
    end(); // of a work that failed in the middle
    if (state == State.IDLE) {
      ask("prepare %s %d %s".formatted(work, m, Double.toString(budgetSeconds)));
    }
  }

  void take() {
    if (state == State.READY) {
      ask("turn");
    }
  }

  /**
   * Waits, at most a second, until the peer takes no processor time: threads of a pool wait for
   * work with a full core for a while.
   */
  private void rest() {
    process.descendants().forEach(children::add);
    Duration before = used();
    try {
      for (int i = 0; i < MOST_RESTS; i++) {
        Thread.sleep(REST_MILLIS);
        Duration now = used();
        if (now.equals(before)) {
          return;
        }
        before = now;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Duration used() {
    return Stream.concat(Stream.of(process.toHandle()), children.stream())
        .map(p -> p.info().totalCpuDuration().orElse(Duration.ZERO))
        .reduce(Duration.ZERO, Duration::plus);
  }

  void end() {
    if (state == State.READY || state == State.SPENT) {
      ask("end");
    }
  }

  private void ask(String command) {
    try {
      commands.write(command);
      commands.newLine();
      commands.flush();
    } catch (IOException e) {
      // It has ended, which the next answer says.
    }
    await();
    rest();
  }

  /**
   * Returns its next answer; null if its time is over. A process that ended may have left its
   * output open to one that it started.
   */
  private String answer() throws InterruptedException {
    for (long left = nanosLeft; left > 0; left -= LOOK_NANOS) {
      boolean ended = !process.isAlive();
      String answer = answers.poll(Math.min(left, LOOK_NANOS), TimeUnit.NANOSECONDS);
      if (answer != null || ended) {
        return answer == null ? GONE : answer;
      }
    }
    return null;
  }

  private void await() {
    long start = System.nanoTime();
    try {
      String answer = answer();
      if (answer == null) {
        gone("did not answer in time");
        return;
      }
      switch (answer) {
        case "@ready", "@took" -> state = State.READY;
        case "@spent" -> state = State.SPENT;
        case "@idle" -> state = State.IDLE;
        case GONE -> ended();
        default -> throw new IllegalStateException(name + " answered " + answer);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      gone("was interrupted");
    } finally {
      nanosLeft -= System.nanoTime() - start;
    }
  }

  private void ended() throws InterruptedException {
    int exit = process.waitFor();
    if (exit == 0) {
      state = State.GONE;
      close();
    } else {
      gone("ended with " + exit);
    }
  }

  private void gone(String how) {
    state = State.GONE;
    records.skip("peers", name + " " + how + "; see peers.log");
    close();
  }

  @Override
  public void close() {
    process.descendants().forEach(children::add);
    process.destroyForcibly();
    children.forEach(ProcessHandle::destroyForcibly);
  }
}
