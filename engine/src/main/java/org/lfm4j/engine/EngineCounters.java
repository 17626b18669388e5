package org.lfm4j.engine;

/**
 * What {@link EngineStats} reports, as of the last step. The engine thread writes after each step
 * without allocating; any thread may read.
 */
final class EngineCounters {
  private final long[] stepSizes = new long[StepSizes.SIZES];
  private long stepTokens;
  private int running;
  private int waiting;
  private long steps;
  private long promptTokens;
  private long generatedTokens;
  private long queriedTokens;
  private long reusedTokens;
  private long preemptions;
  private long failures;
  private int pagesHeld;
  private int pages;
  private double expertsPerLayer;

  /** A step of so many tokens was computed. */
  synchronized void step(int tokens) {
    stepSizes[StepSizes.indexOf(tokens)]++;
    stepTokens += tokens;
  }

  synchronized void tokens(long steps, long promptTokens, long generatedTokens, long failures) {
    this.steps = steps;
    this.promptTokens = promptTokens;
    this.generatedTokens = generatedTokens;
    this.failures = failures;
  }

  synchronized void scheduler(Scheduler scheduler) {
    running = scheduler.runningCount();
    waiting = scheduler.waitingCount();
    queriedTokens = scheduler.queriedTokens();
    reusedTokens = scheduler.reusedTokens();
    preemptions = scheduler.preemptions();
    pagesHeld = scheduler.pool().held();
    pages = scheduler.pool().pages();
  }

  synchronized void experts(double perLayer) {
    expertsPerLayer = perLayer;
  }

  synchronized EngineStats read() {
    return new EngineStats(
        running,
        waiting,
        steps,
        promptTokens,
        generatedTokens,
        queriedTokens,
        reusedTokens,
        preemptions,
        failures,
        pagesHeld,
        pages,
        new StepSizes(stepSizes.clone(), stepTokens),
        expertsPerLayer);
  }
}
