// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntConsumer;

/**
 * Threads that share out numbered tasks; the caller works too. An idle thread spins for some
 * microseconds, then sleeps. A step is thousands of short jobs, and a thread that slept between two
 * of them is often woken on the caller's own processor, where it waits for the caller (measured on
 * two processors: two threads then take the time of one).
 */
final class Workers implements AutoCloseable {
  private static final long WATCH_NANOS = 100_000;

  /** One call of {@link #parallel}. */
  private static final class Job {
    final IntConsumer task;
    final int tasks;
    final Thread caller = Thread.currentThread();
    final AtomicInteger next = new AtomicInteger();
    final AtomicInteger left;
    volatile Throwable failure;

    Job(int tasks, IntConsumer task) {
      this.task = task;
      this.tasks = tasks;
      this.left = new AtomicInteger(tasks);
    }

    /** Takes tasks until none is left, and tells the caller when the last is done. */
    void share() {
      for (int i = next.getAndIncrement(); i < tasks; i = next.getAndIncrement()) {
        try {
          if (failure == null) {
            task.accept(i);
          }
        } catch (RuntimeException | Error e) {
          failure = e;
        }
        if (left.decrementAndGet() == 0 && Thread.currentThread() != caller) {
          LockSupport.unpark(caller);
        }
      }
    }
  }

  private final List<Thread> threads = new ArrayList<>();
  private final ReentrantLock oneJob = new ReentrantLock();
  private volatile Job job;
  private volatile boolean closed;

  Workers(int count) {
    for (int t = 1; t < count; t++) {
      Thread thread = new Thread(this::loop, "rigor-cpu-" + t);
      thread.setDaemon(true);
      threads.add(thread);
      thread.start();
    }
  }

  /** Returns the number of threads that work, the caller included. */
  int count() {
    return threads.size() + 1;
  }

  /**
   * Runs tasks 0 to {@code tasks - 1}, each once, and returns when all are done; after one has
   * failed, those not begun are left out. A thread that wakes up late is not waited for: on a busy
   * machine the caller then does all of them. A second caller waits for the first.
   */
  void parallel(int tasks, IntConsumer task) {
    if (tasks == 1 || threads.isEmpty()) {
      for (int i = 0; i < tasks; i++) {
        task.accept(i);
      }
      return;
    }
    oneJob.lock();
    try {
      if (closed) {
        throw new IllegalStateException("the cpu device is closed");
      }
      Job mine = new Job(tasks, task);
      job = mine;
      threads.forEach(LockSupport::unpark);
      mine.share();
      await(mine);
      if (mine.failure instanceof Error e) {
        throw e;
      }
      if (mine.failure != null) {
        throw (RuntimeException) mine.failure;
      }
    } finally {
      oneJob.unlock();
    }
  }

  private static void await(Job mine) {
    boolean interrupted = false;
    for (long start = System.nanoTime(); mine.left.get() > 0; ) {
      if (System.nanoTime() - start < WATCH_NANOS) {
        Thread.onSpinWait();
      } else {
        LockSupport.park(mine);
        interrupted |= Thread.interrupted();
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void loop() {
    Job done = null;
    while (true) {
      for (long start = System.nanoTime(); job == done && !closed; ) {
        if (System.nanoTime() - start < WATCH_NANOS) {
          Thread.onSpinWait();
        } else {
          LockSupport.park(this);
        }
      }
      if (closed) {
        return;
      }
      done = job;
      done.share();
    }
  }

  @Override
  public void close() {
    closed = true;
    threads.forEach(LockSupport::unpark);
  }
}
