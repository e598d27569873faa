// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;

/** Threads that share out numbered tasks. They block while idle; the caller works too. */
final class Workers implements AutoCloseable {
  private final List<Thread> threads = new ArrayList<>();
  private final Object lock = new Object();
  private IntConsumer job;
  private long generation;
  private int busy;
  private boolean closed;

  Workers(int count) {
    for (int t = 1; t < count; t++) {
      Thread thread = new Thread(this::loop, "rigor-cpu-" + t);
      thread.setDaemon(true);
      threads.add(thread);
      thread.start();
    }
  }

  /** Threads that work, the caller included. */
  int count() {
    return threads.size() + 1;
  }

  /** Runs tasks 0 to {@code tasks - 1}, each once, and returns when all are done. */
  void parallel(int tasks, IntConsumer task) {
    if (tasks == 1 || threads.isEmpty()) {
      for (int i = 0; i < tasks; i++) {
        task.accept(i);
      }
      return;
    }
    AtomicInteger next = new AtomicInteger();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    IntConsumer share =
        ignored -> {
          for (int i = next.getAndIncrement(); i < tasks; i = next.getAndIncrement()) {
            try {
              task.accept(i);
            } catch (RuntimeException | Error e) {
              failure.compareAndSet(null, e);
              next.set(tasks);
            }
          }
        };
    synchronized (lock) {
      if (closed) {
        throw new IllegalStateException("the cpu device is closed");
      }
      job = share;
      generation++;
      busy = threads.size();
      lock.notifyAll();
    }
    share.accept(0);
    boolean interrupted = false;
    synchronized (lock) {
      while (busy > 0) {
        try {
          lock.wait();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      job = null;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    Throwable t = failure.get();
    if (t instanceof Error e) {
      throw e;
    }
    if (t != null) {
      throw (RuntimeException) t;
    }
  }

  private void loop() {
    long seen = 0;
    while (true) {
      IntConsumer mine;
      synchronized (lock) {
        while (generation == seen && !closed) {
          try {
            lock.wait();
          } catch (InterruptedException e) {
            return;
          }
        }
        if (closed) {
          return;
        }
        seen = generation;
        mine = job;
      }
      mine.accept(0);
      synchronized (lock) {
        if (--busy == 0) {
          lock.notifyAll();
        }
      }
    }
  }

  @Override
  public void close() {
    synchronized (lock) {
      closed = true;
      lock.notifyAll();
    }
  }
}
