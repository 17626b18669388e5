package org.lfm4j.cpu;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A fixed set of platform threads that share the items of one task at a time. The caller works too,
 * and returns when every item is done, so a worker that the operating system holds back delays
 * nothing but the item in its hands. Nothing is allocated per task.
 *
 * <p>Workers wait for the next task by spinning for a moment, then by parking.
 *
 * <p>Not thread-safe: one thread calls {@link #run} at a time.
 */
final class WorkerPool implements AutoCloseable {
  /** A piece of work, cut into items that may run in any order on any thread. */
  interface Task {
    /**
     * Runs one item.
     *
     * @param item which, from 0
     * @param worker index of the running thread below {@link #threads}, for its scratch memory
     */
    void run(int item, int worker);
  }

  private static final long SPIN_NANOS = 50_000;
  private static final int ITEM_BITS = 24;
  private static final int MOST_ITEMS = (1 << ITEM_BITS) - 1;

  /**
   * Task number, item count and next item in one word, so that a late worker cannot take an item of
   * a task other than the one it looked at.
   */
  private final AtomicLong ticket = new AtomicLong();

  private final AtomicInteger done = new AtomicInteger();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private final Worker[] workers;

  // Both written by the caller before it publishes a ticket, read by workers after they took one.
  private @Nullable Task task;
  private volatile @Nullable Thread waiting;
  private volatile boolean closed;

  /** Starts {@code threads - 1} daemon threads: the caller is the last one. */
  WorkerPool(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException(
          "%d threads: give at least 1, or leave it out for one a processor".formatted(threads));
    }
    workers = new Worker[threads - 1];
    for (int i = 0; i < workers.length; i++) {
      workers[i] = new Worker(i + 1);
      workers[i].thread.start();
    }
  }

  /** Returns how many threads work on a task, the caller included. */
  int threads() {
    return workers.length + 1;
  }

  /**
   * Runs all items of a task and waits for them.
   *
   * @throws RuntimeException or Error that an item threw first; the other items still run
   */
  void run(Task newTask, int items) {
    if (closed) {
      throw new IllegalStateException("the runner is closed: load the model again");
    }
    if (workers.length == 0 || items <= 1) {
      for (int i = 0; i < items; i++) {
        newTask.run(i, 0);
      }
      return;
    }
    if (items > MOST_ITEMS) {
      throw new IllegalArgumentException("%d items, limit %d".formatted(items, MOST_ITEMS));
    }
    task = newTask;
    done.set(0);
    long number = (ticket.get() >>> (2 * ITEM_BITS)) + 1;
    ticket.set((number << ITEM_BITS | items) << ITEM_BITS);
    for (Worker worker : workers) {
      worker.wake();
    }
    takeItems(0);
    awaitDone(items);
    task = null;
    Throwable thrown = failure.getAndSet(null);
    if (thrown instanceof Error error) {
      throw error;
    }
    if (thrown instanceof RuntimeException exception) {
      throw exception;
    }
  }

  private static int items(long ticket) {
    return (int) (ticket >>> ITEM_BITS) & MOST_ITEMS;
  }

  private static int next(long ticket) {
    return (int) ticket & MOST_ITEMS;
  }

  private boolean hasItems() {
    long now = ticket.get();
    return next(now) < items(now);
  }

  /**
   * Takes and runs items until none is left; returns false if there was none.
   *
   * <p>They are counted once, at the end: each count is a line of the cache that comes from another
   * processor. Until then the task can't end, so they all belong to it.
   */
  private boolean takeItems(int worker) {
    if (!hasItems()) {
      return false;
    }
    int ran = 0;
    long taken = ticket.getAndIncrement();
    Task current = task;
    while (next(taken) < items(taken) && current != null) {
      try {
        current.run(next(taken), worker);
      } catch (Throwable t) {
        failure.compareAndSet(null, t);
      }
      ran++;
      taken = ticket.getAndIncrement();
    }
    if (ran > 0 && done.addAndGet(ran) == items(taken)) {
      Thread caller = waiting;
      if (caller != null) {
        LockSupport.unpark(caller);
      }
    }
    return ran > 0;
  }

  private void awaitDone(int items) {
    long start = System.nanoTime();
    for (int spins = 1; done.get() < items; spins++) {
      if (spins % 64 != 0 || System.nanoTime() - start < SPIN_NANOS) {
        Thread.onSpinWait();
        continue;
      }
      waiting = Thread.currentThread();
      if (done.get() < items) {
        LockSupport.park(this);
      }
      waiting = null;
    }
  }

  /** Ends the threads and waits for them. */
  @Override
  public void close() {
    closed = true;
    boolean interrupted = false;
    for (Worker worker : workers) {
      LockSupport.unpark(worker.thread);
      while (worker.thread.isAlive()) {
        try {
          worker.thread.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private final class Worker implements Runnable {
    final Thread thread;
    private final int index;
    private volatile boolean parked;

    Worker(int index) {
      this.index = index;
      this.thread = Thread.ofPlatform().name("lfm4j-cpu-" + index).daemon(true).unstarted(this);
    }

    @Override
    public void run() {
      long idleSince = System.nanoTime();
      int spins = 0;
      while (!closed) {
        if (takeItems(index)) {
          idleSince = System.nanoTime();
        } else if (++spins % 64 != 0 || System.nanoTime() - idleSince < SPIN_NANOS) {
          Thread.onSpinWait();
        } else {
          parked = true;
          if (!closed && !hasItems()) {
            LockSupport.park(WorkerPool.this);
          }
          parked = false;
          idleSince = System.nanoTime();
        }
      }
    }

    void wake() {
      if (parked) {
        LockSupport.unpark(thread);
      }
    }
  }
}
