package org.lfm4j.engine;

import jdk.jfr.FlightRecorder;
import org.jspecify.annotations.Nullable;

/**
 * What there is to say about one step. Reused; it becomes a {@link RecordedStep} only where
 * somebody records: to register that class takes as long as a step. Engine thread only.
 */
final class StepEvent {
  int sequences;
  int prefillTokens;
  int decodeTokens;
  int waiting;
  int pagesHeld;
  long reusedTokens;
  long preemptions;
  long schedulingNanos;
  long schedulingCpuNanos;
  long samplingNanos;

  private @Nullable RecordedStep recorded;

  void begin() {
    if (recorded == null && FlightRecorder.isInitialized()) {
      recorded = new RecordedStep();
    }
    if (recorded != null) {
      recorded.begin();
    }
  }

  /** Returns whether somebody records steps. */
  boolean isEnabled() {
    return recorded != null && recorded.isEnabled();
  }

  void end() {
    if (recorded != null) {
      recorded.end();
    }
  }

  /** Returns whether {@link #commit} would record this step. */
  boolean shouldCommit() {
    return recorded != null && recorded.shouldCommit();
  }

  void commit() {
    RecordedStep to = recorded;
    if (to != null) {
      to.sequences = sequences;
      to.prefillTokens = prefillTokens;
      to.decodeTokens = decodeTokens;
      to.waiting = waiting;
      to.pagesHeld = pagesHeld;
      to.reusedTokens = reusedTokens;
      to.preemptions = preemptions;
      to.schedulingNanos = schedulingNanos;
      to.schedulingCpuNanos = schedulingCpuNanos;
      to.samplingNanos = samplingNanos;
      to.commit();
    }
  }
}
