package org.lfm4j.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorkerPoolTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8})
  void everyItemRunsOnceAndIsDoneOnReturn(int threads) {
    try (WorkerPool pool = new WorkerPool(threads)) {
      assertThat(pool.threads()).isEqualTo(threads);
      for (int round = 0; round < 300; round++) {
        int items = round % 23;
        AtomicIntegerArray runs = new AtomicIntegerArray(items + 1);
        pool.run(
            (item, worker) -> {
              assertThat(worker).isBetween(0, threads - 1);
              runs.incrementAndGet(item);
            },
            items);
        for (int item = 0; item < items; item++) {
          assertThat(runs.get(item)).as("item %d of %d", item, items).isEqualTo(1);
        }
        assertThat(runs.get(items)).isZero();
      }
    }
  }

  @Test
  void workIsSharedAndWorkersWakeAfterAPause() throws InterruptedException {
    try (WorkerPool pool = new WorkerPool(2)) {
      for (int round = 0; round < 3; round++) {
        AtomicInteger inside = new AtomicInteger();
        // Each of two items waits for the other: one thread alone would never finish.
        pool.run(
            (item, worker) -> {
              inside.incrementAndGet();
              while (inside.get() < 2) {
                Thread.onSpinWait();
              }
            },
            2);
        Thread.sleep(5); // longer than workers spin: they are parked when the next round comes
      }
    }
  }

  @Test
  void aFailureReachesTheCallerAndThePoolGoesOn() {
    try (WorkerPool pool = new WorkerPool(3)) {
      AtomicInteger runs = new AtomicInteger();
      assertThatThrownBy(() ->
              pool.run(
                  (item, worker) -> {
                    runs.incrementAndGet();
                    if (item % 2 == 1) {
                      throw new IllegalStateException("item " + item);
                    }
                  },
                  20))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageStartingWith("item ");
      assertThat(runs).hasValue(20);
      assertThatThrownBy(() ->
              pool.run(
                  (item, worker) -> {
                    throw new StackOverflowError("deep");
                  },
                  5))
          .isInstanceOf(StackOverflowError.class);
      pool.run((item, worker) -> runs.incrementAndGet(), 7);
      assertThat(runs).hasValue(27);
    }
  }

  @Test
  void closingEndsTheThreads() {
    Set<Thread> seen = ConcurrentHashMap.newKeySet();
    WorkerPool pool = new WorkerPool(3);
    AtomicInteger inside = new AtomicInteger();
    pool.run(
        (item, worker) -> {
          seen.add(Thread.currentThread());
          inside.incrementAndGet();
          while (inside.get() < 3) {
            Thread.onSpinWait();
          }
        },
        3);
    seen.remove(Thread.currentThread());
    assertThat(seen).hasSize(2).allMatch(Thread::isAlive).allMatch(Thread::isDaemon);
    pool.close();
    pool.close();
    assertThat(seen).noneMatch(Thread::isAlive);
    assertThatThrownBy(() -> pool.run((item, worker) -> {}, 1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }

  @Test
  void thereMustBeAThread() {
    assertThatThrownBy(() -> new WorkerPool(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("0 threads");
  }
}
