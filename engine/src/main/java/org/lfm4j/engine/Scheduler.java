package org.lfm4j.engine;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
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
  private final List<Sequence> running = new ArrayList<>();
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
    return waiting.isEmpty() && running.isEmpty();
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
    step.clear();
    promptLogitRows = PROMPT_LOGIT_ROWS;
    Sequence suspect = suspects ? first(Sequence::suspect) : null;
    suspects = suspect != null;
    if (suspect != null) {
      scheduleAlone(suspect, step);
      return;
    }
    long before = preemptions;
    int budget = config.maxBatchedTokens();
    budget = scheduleRunning(step, budget, sequence -> sequence.remaining() == 1);
    budget = scheduleRunning(step, budget, sequence -> sequence.remaining() > 1);
    if (preemptions == before) {
      admit(step, budget);
    }
  }

  private int scheduleRunning(Step step, int budget, Predicate<Sequence> which) {
    int left = budget;
    // Preemption shortens the list from its end while this loop runs.
    for (int i = 0; i < running.size() && left > 0; i++) {
      Sequence sequence = running.get(i);
      if (sequence.scheduled() == 0 && !sequence.exhausted() && which.test(sequence)) {
        int rows = rowsFor(sequence, left);
        if (rows > 0 && makeRoom(sequence, rows)) {
          put(sequence, rows, step);
          left -= rows;
        }
      }
    }
    return left;
  }

  private void admit(Step step, int budget) {
    int left = budget;
    while (left > 0 && running.size() < config.maxSequences() && !waiting.isEmpty()) {
      Sequence sequence = waiting.peek();
      boolean looksUp = config.prefixCaching() && !sequence.request.promptLogits();
      int reused = looksUp ? sequence.reusePrefix(pageTokens) : 0;
      int rows = rowsFor(sequence, left);
      int missing = sequence.pagesMissing(sequence.computed() + rows, pageTokens);
      if (rows == 0 || missing > pool.available()) {
        sequence.releasePages();
        return;
      }
      waiting.remove();
      insert(sequence);
      queriedTokens += looksUp ? sequence.length() : 0;
      reusedTokens += reused;
      sequence.reportStart(reused);
      takePages(sequence, missing);
      put(sequence, rows, step);
      left -= rows;
    }
  }

  private void scheduleAlone(Sequence suspect, Step step) {
    if (waiting.remove(suspect)) {
      insert(suspect);
    }
    int rows = rowsFor(suspect, config.maxBatchedTokens());
    int missing = suspect.pagesMissing(suspect.computed() + rows, pageTokens);
    for (int i = running.size() - 1;
        missing > pool.available() || running.size() > config.maxSequences();
        i--) {
      if (running.get(i) != suspect) {
        preempt(running.get(i));
      }
    }
    takePages(suspect, missing);
    put(suspect, rows, step);
  }

  /** As many rows as are left to compute and the step has room for. */
  private int rowsFor(Sequence sequence, int budget) {
    int rows = Math.min(sequence.remaining(), budget);
    return sequence.promptLogitsLeft() > 0 ? Math.min(rows, promptLogitRows) : rows;
  }

  private void put(Sequence sequence, int rows, Step step) {
    promptLogitRows -= Math.min(rows, sequence.promptLogitsLeft());
    sequence.fill(step.batch, rows);
    step.sequences.add(sequence);
  }

  /** Gives a running sequence the pages for its next rows, preempting others if need be. */
  private boolean makeRoom(Sequence sequence, int rows) {
    int missing = sequence.pagesMissing(sequence.computed() + rows, pageTokens);
    while (missing > pool.available()) {
      Sequence victim = lastUnscheduled();
      preempt(victim);
      if (victim == sequence) {
        return false;
      }
    }
    takePages(sequence, missing);
    return true;
  }

  private void takePages(Sequence sequence, int count) {
    for (int i = 0; i < count; i++) {
      sequence.addPage(pool.take());
    }
  }

  /** The sequence that asks for room is itself unscheduled, so there always is one. */
  private Sequence lastUnscheduled() {
    for (int i = running.size() - 1; i >= 0; i--) {
      if (running.get(i).scheduled() == 0) {
        return running.get(i);
      }
    }
    throw new IllegalStateException("no sequence left to preempt");
  }

  private void preempt(Sequence victim) {
    running.remove(victim);
    shareRest(victim);
    victim.releasePages();
    waiting.add(victim);
    preemptions++;
  }

  private void insert(Sequence sequence) {
    int at = running.size();
    while (at > 0 && order.compare(running.get(at - 1), sequence) > 0) {
      at--;
    }
    running.add(at, sequence);
  }

  /** A step was computed: full pages go to the prefix cache. */
  void share(List<Sequence> computed) {
    int left = config.prefixCaching() ? PAGES_SHARED_AT_ONCE : 0;
    for (int i = 0; i < computed.size() && left > 0; i++) {
      left -= computed.get(i).shareFullPages(pageTokens, left);
    }
  }

  /** Shares what had to wait for its turn: the pages are about to be given back. */
  private void shareRest(Sequence sequence) {
    if (config.prefixCaching()) {
      sequence.shareFullPages(pageTokens, Integer.MAX_VALUE);
    }
  }

  /**
   * A step failed. A sequence that was alone in it is to blame and is returned; of several, each is
   * computed again alone until the guilty one is found.
   */
  @Nullable Sequence blame(List<Sequence> failed) {
    if (failed.size() == 1) {
      Sequence guilty = failed.getFirst();
      return guilty.ended() ? null : guilty;
    }
    suspects = true;
    for (Sequence sequence : failed) {
      if (!sequence.ended()) {
        sequence.suspectOfFailure();
        running.remove(sequence);
        waiting.add(sequence);
      }
    }
    return null;
  }

  /** The results of a step are lost with those of the step before. */
  void requeue(List<Sequence> lost) {
    for (Sequence sequence : lost) {
      if (sequence.scheduled() > 0 && running.remove(sequence)) {
        sequence.startOver();
        waiting.add(sequence);
      }
    }
  }

  /** Takes a finished, failed or cancelled sequence out, wherever it is. */
  void remove(Sequence sequence) {
    if (!running.remove(sequence)) {
      waiting.remove(sequence);
    }
    shareRest(sequence);
    sequence.releasePages();
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
    sibling.forkFrom(from, pageTokens);
    sibling.reportStart(from);
    insert(sibling);
    if (partialPage) {
      int copy = pool.take();
      pageCopier.copy(from.page(from.computed() / pageTokens), copy);
      sibling.adoptPartialPage(from, copy);
    }
  }

  /** Checks that pages and sequences agree about who holds what. */
  void checkIntegrity() {
    int[] expected = new int[pool.pages()];
    for (Sequence sequence : running) {
      for (int i = 0; i < sequence.pageCount(); i++) {
        expected[sequence.page(i)]++;
      }
    }
    for (Sequence sequence : waiting) {
      if (sequence.pageCount() > 0) {
        throw new IllegalStateException("a waiting sequence holds pages");
      }
    }
    pool.checkIntegrity(expected);
  }
}
