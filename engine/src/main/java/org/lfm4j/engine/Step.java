package org.lfm4j.engine;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.lfm4j.runner.Batch;
import org.lfm4j.runner.StepResult;

/**
 * One step: what the runner is asked, for whom, and what it answers. Reused; where steps overlap,
 * two take turns, and what the scheduler has noted in a sequence may be of the later one. Engine
 * thread only.
 */
final class Step {
  /** No choice of the runner: the token, if any, is sampled from logits on the host. */
  static final int HOST = -1;

  final Batch batch;
  final StepResult result;

  /** What the runner chooses; there is none if it doesn't. */
  final @Nullable RunnerChoices choices;

  /** Where the sequences run. */
  private @Nullable Running running;

  private int size;

  /**
   * The seat of each sequence, and the tenancy by which to know whether it still has it. Not the
   * sequences: even a cast, or storing into a list, reads each object's header, which is cold.
   */
  private final int[] seats;

  private final int[] tenancies;

  /** Of each sequence. */
  private final int[] logitRows;

  private final int[] choice;
  private final boolean[] completes;

  private int decodeTokens;
  private int prefillTokens;

  /** Whether the next step was scheduled as if this one were over. */
  private boolean assumed;

  /** Why it never began. */
  private @Nullable Throwable failure;

  Step(Batch batch, StepResult result, int maxSequences, @Nullable RunnerChoices choices) {
    this.batch = batch;
    this.result = result;
    this.choices = choices;
    this.seats = new int[maxSequences];
    this.tenancies = new int[maxSequences];
    this.logitRows = new int[maxSequences];
    this.choice = new int[maxSequences];
    this.completes = new boolean[maxSequences];
  }

  /** Empties the step, for sequences that run there. */
  void clear(Running where) {
    running = where;
    batch.clear();
    size = 0;
    assumed = false;
    failure = null;
  }

  /** Adds a sequence whose rows are in the batch. */
  void add(int seat) {
    seats[size] = seat;
    tenancies[size] = running().tenancy(seat);
    size++;
  }

  private Running running() {
    return Objects.requireNonNull(running, "a step that was never made");
  }

  /** Returns the number of sequences. */
  int size() {
    return size;
  }

  /** Returns a sequence, which must still run. */
  Sequence sequence(int index) {
    return running().at(seats[index]);
  }

  int seat(int index) {
    return seats[index];
  }

  /** Returns whether a sequence has run on since the step was made: it has not ended. */
  boolean stillRuns(int index) {
    return running().tenancy(seats[index]) == tenancies[index];
  }

  /** Notes what the scheduler has filled in, and says who chooses tokens. */
  void plan() {
    decodeTokens = 0;
    prefillTokens = 0;
    if (choices != null) {
      choices.begin();
    }
    Running where = running();
    int logits = 0;
    for (int i = 0; i < size; i++) {
      int seat = seats[i];
      logitRows[i] = where.logitRows(seat);
      logits += logitRows[i];
      completes[i] = where.completes(seat);
      choice[i] = choices != null && completes[i] ? choices.add(sequence(i), logits - 1) : HOST;
      if (where.decodes(seat)) {
        decodeTokens++;
      } else {
        prefillTokens += where.scheduled(seat);
      }
    }
  }

  int logitRows(int index) {
    return logitRows[index];
  }

  /** Returns whether a sequence gets a token. */
  boolean completes(int index) {
    return completes[index];
  }

  /** Returns which choice of the runner that token is, or {@link #HOST}. */
  int choice(int index) {
    return choice[index];
  }

  int decodeTokens() {
    return decodeTokens;
  }

  int prefillTokens() {
    return prefillTokens;
  }

  /**
   * Returns whether the next step needs nothing of this one that the runner doesn't have by itself:
   * every sequence gets a token that the runner chooses, and what may follow doesn't depend on it.
   * Chunks of prompts last so long that it doesn't pay to schedule ahead of them, and what arrives
   * meanwhile would have to wait for one more.
   */
  boolean predictable() {
    return prefillTokens == 0
        && batch.choices().count() == size
        && batch.choices().maskCount() == 0;
  }

  /** Returns why the runner refused the step, or null. */
  @Nullable Throwable failure() {
    return failure;
  }

  void fail(Throwable cause) {
    failure = cause;
  }

  /** Schedules go on as if this step were over. */
  void assume() {
    assumed = true;
    for (int i = 0; i < size; i++) {
      if (stillRuns(i)) {
        running().advance(seats[i]);
        sequence(i).append(Batch.chosenBefore(choice[i]));
      }
    }
  }

  /** This step was computed. */
  void advance() {
    for (int i = 0; i < size && !assumed; i++) {
      if (stillRuns(i)) {
        running().advance(seats[i]);
      }
    }
    if (size == 1 && stillRuns(0)) {
      sequence(0).computedAlone();
    }
  }
}
