package org.lfm4j.engine;

import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Decides what the next step computes. One token budget: first the sequences that decode, then
 * chunks of prompts that have begun, then waiting sequences while there is room. When pages run out
 * the last sequence in line is preempted: it gives its pages back and is computed again later.
 * Engine thread only.
 */
final class Scheduler {
  /** Most rows of a step whose logits are wanted for prompt log-probabilities. */
  static final int PROMPT_LOGIT_ROWS = 64;

  /**
   * Most pages that one step puts into the prefix cache: more than a step of prompts fills, and all
   * of 256 sequences that fill their pages in the same step have theirs there 16 steps later.
   */
  private static final int PAGES_SHARED_AT_ONCE = 16;

  private final EngineConfig config;
  private final int pageTokens;
  private final PagePool pool;
  private final PageCopier pageCopier;
  private final Comparator<Sequence> order;
  private final PriorityQueue<Sequence> waiting;
  private final Running running;
  private final HeldPages pages;
  private int promptLogitRows;

  /** Whether there may be sequences that were in a step that failed. */
  private boolean suspects;

  private long preemptions;
  private long queriedTokens;
  private long reusedTokens;

  /** Copies the contents of a page. */
  interface PageCopier {
    void copy(int from, int to);
  }

  Scheduler(EngineConfig config, int pageTokens, PageCopier pageCopier) {
    this.pageCopier = pageCopier;
    this.config = config;
    this.pageTokens = pageTokens;
    this.pool = new PagePool(config.pages(), pageTokens);
    // One more than may run, for a suspect whose place is still taken.
    int seats = config.maxSequences() + 1;
    this.running = new Running(seats);
    this.pages = new HeldPages(pool, running, seats, pageTokens);
    this.order =
        config.priorities() ? Sequence.ORDER : Comparator.comparingLong((Sequence s) -> s.arrival);
    this.waiting = new PriorityQueue<>(order);
  }

  PagePool pool() {
    return pool;
  }

  int waitingCount() {
    return waiting.size();
  }

  int runningCount() {
    return running.size();
  }

  long preemptions() {
    return preemptions;
  }

  /** Returns how many tokens were looked up in the prefix cache so far. */
  long queriedTokens() {
    return queriedTokens;
  }

  /** Returns how many tokens were found in the prefix cache so far. */
  long reusedTokens() {
    return reusedTokens;
  }

  boolean idle() {
    return waiting.isEmpty() && running.size() == 0;
  }

  void add(Sequence sequence) {
    waiting.add(sequence);
  }

  /**
   * Returns whether a step can be scheduled while the one before is on its way: nothing is suspect,
   * and no sequence would have to give its pages back.
   */
  boolean canScheduleAhead() {
    int most = running.size() + Math.ceilDiv(config.maxBatchedTokens(), pageTokens);
    return !suspects && pool.available() >= most;
  }

  /** Fills a step; empty only if there is nothing to do. */
  void schedule(Step step) {
    step.clear(running);
    promptLogitRows = PROMPT_LOGIT_ROWS;
    Sequence suspect = suspects ? first(Sequence::suspect) : null;
    suspects = suspect != null;
    if (suspect != null) {
      scheduleAlone(suspect, step);
      return;
    }
    long before = preemptions;
    int budget = config.maxBatchedTokens();
    budget = scheduleRunning(step, budget, true);
    budget = scheduleRunning(step, budget, false);
    if (preemptions == before) {
      admit(step, budget);
    }
  }

  /** Schedules sequences of which one token is to be computed, or those of which more are. */
  private int scheduleRunning(Step step, int budget, boolean one) {
    int left = budget;
    // Preemption shortens the line from its end while this loop runs.
    for (int i = 0; i < running.size() && left > 0; i++) {
      left -= scheduleOne(step, running.seat(i), left, one);
    }
    return left;
  }

  /** Returns how many rows of a sequence were scheduled: none if it is one of the others. */
  private int scheduleOne(Step step, int seat, int budget, boolean one) {
    if (!running.schedulable(seat) || (running.remaining(seat) == 1) != one) {
      return 0;
    }
    int rows = rowsFor(seat, budget);
    if (rows == 0 || !makeRoom(seat, rows)) {
      return 0;
    }
    put(seat, rows, step);
    return rows;
  }

  private void admit(Step step, int budget) {
    int left = budget;
    while (left > 0 && running.size() < config.maxSequences() && !waiting.isEmpty()) {
      Sequence sequence = waiting.peek();
      int seat = insert(sequence);
      boolean looksUp = config.prefixCaching() && !sequence.request.promptLogits();
      int reused = looksUp ? pages.reusePrefix(seat) : 0;
      int rows = rowsFor(seat, left);
      int missing = missingFor(seat, rows);
      if (rows == 0 || missing > pool.available()) {
        stop(sequence);
        return;
      }
      waiting.remove(sequence);
      queriedTokens += looksUp ? sequence.length() : 0;
      reusedTokens += reused;
      sequence.reportStart(reused);
      pages.take(seat, missing);
      put(seat, rows, step);
      left -= rows;
    }
  }

  private void scheduleAlone(Sequence suspect, Step step) {
    if (waiting.remove(suspect)) {
      insert(suspect);
    }
    int seat = suspect.seat();
    int rows = rowsFor(seat, config.maxBatchedTokens());
    int missing = missingFor(seat, rows);
    for (int i = running.size() - 1;
        missing > pool.available() || running.size() > config.maxSequences();
        i--) {
      if (running.seat(i) != seat) {
        preempt(running.get(i));
      }
    }
    pages.take(seat, missing);
    put(seat, rows, step);
  }

  /** As many rows as are left to compute and the step has room for. */
  private int rowsFor(int seat, int budget) {
    int rows = Math.min(running.remaining(seat), budget);
    return running.promptLogitsLeft(seat) > 0 ? Math.min(rows, promptLogitRows) : rows;
  }

  /** Returns how many more pages the next rows of a sequence need. */
  private int missingFor(int seat, int rows) {
    return pages.missing(seat, running.computed(seat) + rows);
  }

  private void put(int seat, int rows, Step step) {
    promptLogitRows -= Math.min(rows, running.promptLogitsLeft(seat));
    pages.open(seat, step.batch);
    running.fill(seat, rows, step.batch);
    step.add(seat);
  }

  /** Gives a running sequence the pages for its next rows, preempting others if need be. */
  private boolean makeRoom(int seat, int rows) {
    int missing = missingFor(seat, rows);
    while (missing > pool.available()) {
      Sequence victim = lastUnscheduled();
      boolean itself = victim.seat() == seat;
      preempt(victim);
      if (itself) {
        return false;
      }
    }
    pages.take(seat, missing);
    return true;
  }

  /** The sequence that asks for room is itself unscheduled, so there always is one. */
  private Sequence lastUnscheduled() {
    for (int i = running.size() - 1; i >= 0; i--) {
      if (running.scheduled(running.seat(i)) == 0) {
        return running.get(i);
      }
    }
    throw new IllegalStateException("no sequence left to preempt");
  }

  private void preempt(Sequence victim) {
    shareRest(victim);
    stop(victim);
    waiting.add(victim);
    preemptions++;
  }

  private int insert(Sequence sequence) {
    int at = running.size();
    while (at > 0 && order.compare(running.get(at - 1), sequence) > 0) {
      at--;
    }
    return running.insert(at, sequence);
  }

  /** A running sequence gives its pages back; all of it would have to be computed again. */
  private void stop(Sequence sequence) {
    pages.release(sequence.seat());
    running.remove(sequence);
  }

  /** A step was computed: full pages go to the prefix cache. */
  void share(Step computed) {
    int left = config.prefixCaching() ? PAGES_SHARED_AT_ONCE : 0;
    for (int i = 0; i < computed.size() && left > 0; i++) {
      if (computed.stillRuns(i)) {
        left -= pages.share(computed.seat(i), left);
      }
    }
  }

  /** Shares what had to wait for its turn: the pages are about to be given back. */
  private void shareRest(Sequence sequence) {
    if (config.prefixCaching()) {
      pages.share(sequence.seat(), Integer.MAX_VALUE);
    }
  }

  /**
   * A step failed. A sequence that was alone in it is to blame and is returned; of several, each is
   * computed again alone until the guilty one is found.
   */
  @Nullable Sequence blame(Step failed) {
    if (failed.size() == 1) {
      Sequence guilty = failed.stillRuns(0) ? failed.sequence(0) : null;
      if (guilty != null) {
        // What it was assumed to have computed must not get into the prefix cache.
        startOver(guilty);
      }
      return guilty;
    }
    suspects = true;
    for (int i = 0; i < failed.size(); i++) {
      if (failed.stillRuns(i)) {
        Sequence sequence = failed.sequence(i);
        sequence.suspectOfFailure();
        startOver(sequence);
      }
    }
    return null;
  }

  /** The results of a step are lost with those of the step before. */
  void requeue(Step lost) {
    for (int i = 0; i < lost.size(); i++) {
      if (lost.stillRuns(i)) {
        startOver(lost.sequence(i));
      }
    }
  }

  /** Nothing that steps on their way compute or choose counts. */
  private void startOver(Sequence sequence) {
    sequence.dropAwaited();
    stop(sequence);
    waiting.add(sequence);
  }

  /** Takes a finished, failed or cancelled sequence out, wherever it is. */
  void remove(Sequence sequence) {
    if (sequence.runs()) {
      shareRest(sequence);
      stop(sequence);
    } else {
      waiting.remove(sequence);
    }
  }

  /** Returns a sequence, running or waiting, that a condition holds for. */
  @Nullable Sequence first(Predicate<Sequence> condition) {
    for (int i = 0; i < running.size(); i++) {
      if (condition.test(running.get(i))) {
        return running.get(i);
      }
    }
    if (waiting.isEmpty()) {
      return null;
    }
    for (Sequence sequence : waiting) {
      if (condition.test(sequence)) {
        return sequence;
      }
    }
    return null;
  }

  /** Starts a sibling of a running sequence on the same pages; without room for it, it waits. */
  void fork(Sequence from, Sequence sibling) {
    boolean partialPage = from.computed() % pageTokens > 0;
    if (running.size() >= config.maxSequences() || (partialPage && pool.available() == 0)) {
      waiting.add(sibling);
      return;
    }
    int seat = insert(sibling);
    pages.fork(from.seat(), seat);
    sibling.reportStart(from);
    if (partialPage) {
      int last = from.computed() / pageTokens;
      int copy = pages.takeCopy(from.seat(), seat);
      pageCopier.copy(pages.page(from.seat(), last), copy);
    }
  }

  /** Checks that pages and sequences agree about who holds what. */
  void checkIntegrity() {
    running.checkIntegrity();
    int[] expected = new int[pool.pages()];
    for (int i = 0; i < running.size(); i++) {
      int seat = running.seat(i);
      for (int j = 0; j < pages.count(seat); j++) {
        expected[pages.page(seat, j)]++;
      }
    }
    for (Sequence sequence : waiting) {
      if (sequence.runs()) {
        throw new IllegalStateException("a sequence runs and waits at once");
      }
    }
    pool.checkIntegrity(expected);
  }
}
