package org.lfm4j.engine;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import org.jspecify.annotations.Nullable;

/**
 * Sums up what scheduling takes in a step: by the clock, and of the engine thread's processor time,
 * which leaves out when others had the processor. Engine thread only.
 */
final class SchedulingTime {
  private final StepEvent event;

  /** Made when somebody asks, since it takes long to start. */
  private @Nullable ThreadMXBean threads;

  private long begun;
  private long cpuBegun;

  SchedulingTime(StepEvent event) {
    this.event = event;
  }

  /** A step begins. */
  void reset() {
    event.schedulingNanos = 0;
    event.schedulingCpuNanos = 0;
  }

  /** Scheduling begins. */
  void start() {
    cpuBegun = cpuNanos();
    begun = System.nanoTime();
  }

  /** Scheduling ends. */
  void stop() {
    event.schedulingNanos += System.nanoTime() - begun;
    event.schedulingCpuNanos += cpuNanos() - cpuBegun;
  }

  private long cpuNanos() {
    if (!event.isEnabled()) {
      return 0;
    }
    if (threads == null) {
      threads = ManagementFactory.getThreadMXBean();
    }
    return threads.getCurrentThreadCpuTime();
  }
}
