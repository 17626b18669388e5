package org.lfm4j.engine;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lfm4j.runner.ChoiceParams;
import org.lfm4j.runner.Choices;
import org.lfm4j.sampling.Sampler;
import org.lfm4j.sampling.SamplingParams;

/**
 * One sequence on its way through the scheduler: its tokens, its caller, and how they are chosen.
 * How many tokens are computed and in which pages is known while it runs, by {@link Running} and
 * {@link HeldPages}. Engine thread only.
 */
final class Sequence {
  /** Lower priority values first, then first come. */
  static final Comparator<Sequence> ORDER =
      Comparator.comparingInt((Sequence s) -> s.request.priority())
          .thenComparingLong(s -> s.arrival);

  final Request request;
  final TokenStream stream;
  final Sampler sampler;
  final long arrival;

  /** Further samples of the same prompt, forked off when it has been computed. */
  private List<Sequence> siblings = List.of();

  /** Of the request. */
  private final int promptLength;

  private final int longest;

  /** Positions at the start whose logits are wanted. */
  private final int promptScored;

  /** Sorted; a set of boxed numbers would make one for each token. */
  private final int[] stopIds;

  private int[] tokens;
  private int length;

  /** The last token, or what stands for one that a step on its way is choosing. */
  private int last;

  /** Where this sequence runs, and its seat there. */
  private @Nullable Running running;

  private int seat = Running.NONE;

  /** Whether this sequence was in a step that failed, and up to which token. */
  private int suspectUntil;

  private @Nullable ChoiceParams choiceParams;

  /** Where the runner counts the tokens of this sequence, as long as {@link Slots} says so. */
  private int slot = Choices.NO_SLOT;

  private final PromptLogprobs promptLogprobs;

  Sequence(Request request, TokenStream stream, Sampler sampler, long arrival) {
    this.request = request;
    this.stream = stream;
    this.sampler = sampler;
    this.arrival = arrival;
    this.stopIds = request.stopIds().stream().mapToInt(Integer::intValue).sorted().toArray();
    this.tokens = Arrays.copyOf(request.prompt(), request.prompt().length + 16);
    this.promptLength = request.prompt().length;
    this.longest = Math.addExact(promptLength, request.maxTokens());
    this.length = promptLength;
    this.last = tokens[length - 1];
    this.promptLogprobs = new PromptLogprobs(request, stream);
    this.promptScored = request.promptLogits() ? promptLength - 1 : 0;
  }

  int length() {
    return length;
  }

  int promptLength() {
    return promptLength;
  }

  /** Returns how many tokens there may be. */
  int longest() {
    return longest;
  }

  /** Returns at how many positions at the start logits are wanted. */
  int promptScored() {
    return promptScored;
  }

  /** Returns the tokens, of which {@link #length} count. */
  int[] tokens() {
    return tokens;
  }

  int token(int index) {
    return tokens[index];
  }

  /** Runs from now on, or no longer. */
  void run(@Nullable Running where, int newSeat) {
    running = where;
    seat = newSeat;
    noteTokens();
  }

  boolean runs() {
    return running != null;
  }

  /** Returns the seat where it runs, or {@link Running#NONE}. */
  int seat() {
    return seat;
  }

  /** Returns how many tokens are cached. */
  int computed() {
    return running == null ? 0 : running.computed(seat);
  }

  /** Returns how many rows of the step being made or computed are of this sequence. */
  int scheduled() {
    return running == null ? 0 : running.scheduled(seat);
  }

  boolean suspect() {
    return suspectUntil > 0;
  }

  /** Returns whether the last token is one that a step on its way is choosing. */
  boolean awaitsToken() {
    return last < 0;
  }

  /** Returns whether no token may follow: the last one allowed is being chosen. */
  boolean exhausted() {
    return length >= longest;
  }

  /** Adds a token, or puts it in the place of the one that was awaited. */
  void append(int token) {
    dropAwaited();
    if (length == tokens.length) {
      tokens = Arrays.copyOf(tokens, 2 * length);
    }
    tokens[length++] = token;
    last = token;
    noteTokens();
  }

  private void noteTokens() {
    if (running != null) {
      running.setTokens(seat, length, last);
    }
  }

  /** Returns whether so many tokens with this one at the end are right; for checks. */
  boolean saysTokens(int count, int lastToken) {
    return count == length && lastToken == last;
  }

  void addSiblings(List<Sequence> further) {
    siblings = List.copyOf(further);
  }

  /** Returns the samples that are still to be forked off, once. */
  List<Sequence> takeSiblings() {
    List<Sequence> taken = siblings;
    siblings = List.of();
    return taken;
  }

  /** Returns whether a token ends the sequence. */
  boolean stopsAt(int token) {
    return Arrays.binarySearch(stopIds, token) >= 0;
  }

  boolean cancelled() {
    return stream.cancelled();
  }

  boolean late() {
    return request.deadlineNanos().isPresent()
        && System.nanoTime() - request.deadlineNanos().get() > 0;
  }

  /** Tells the caller that this sequence runs and what it reuses; not again after a preemption. */
  void reportStart(int reusedTokens) {
    reportStart(reusedTokens, System.nanoTime());
  }

  /** Runs for the first time as a fork of another sequence, which waited and looked up for both. */
  void reportStart(Sequence other) {
    reportStart(
        other.stream.reusedTokens(),
        other.stream.times().startedNanos().orElseGet(System::nanoTime));
  }

  private void reportStart(int reusedTokens, long nanos) {
    if (stream.times().startedNanos().isEmpty()) {
      stream.started(reusedTokens, nanos);
    }
  }

  boolean hasSiblings() {
    return !siblings.isEmpty();
  }

  /** Returns how a runner chooses for this sequence. */
  ChoiceParams choiceParams(int vocabSize) {
    if (choiceParams == null) {
      SamplingParams params = request.sampling();
      choiceParams =
          new ChoiceParams(
              params.temperature(),
              sampler.drop(),
              params.topK() < vocabSize ? params.topK() : 0,
              params.topP(),
              params.repetitionPenalty(),
              params.frequencyPenalty(),
              params.presencePenalty(),
              params.logprobs().orElse(ChoiceParams.NO_LOGPROBS));
    }
    return choiceParams;
  }

  int slot() {
    return slot;
  }

  void slot(int index) {
    slot = index;
  }

  /** Reports prompt log-probabilities from the logits of the last {@code rows} rows computed. */
  void reportPromptLogprobs(float[] logits, int offset, int vocabSize, int rows) {
    if (promptScored > 0) {
      promptLogprobs.report(logits, offset, vocabSize, computed() - rows, rows);
    }
  }

  /** A step with this sequence in it failed: it must prove its innocence alone. */
  void suspectOfFailure() {
    suspectUntil = Math.max(suspectUntil, computed() + scheduled());
  }

  /** A step with this sequence in it, and no other, was computed. */
  void computedAlone() {
    if (computed() >= suspectUntil) {
      suspectUntil = 0;
    }
  }

  /** Nothing that steps on their way choose counts. */
  void dropAwaited() {
    if (awaitsToken()) {
      length--;
      last = tokens[length - 1];
      noteTokens();
    }
  }
}
