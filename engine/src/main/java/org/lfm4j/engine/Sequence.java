package org.lfm4j.engine;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lfm4j.runner.Batch;
import org.lfm4j.runner.ChoiceParams;
import org.lfm4j.runner.Choices;
import org.lfm4j.sampling.Sampler;
import org.lfm4j.sampling.SamplingParams;

/**
 * One sequence on its way through the scheduler: its tokens, how many of them are cached, and in
 * which pages. {@code cached <= length}; what lies between is still to be computed. Engine thread
 * only.
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

  private final PagePool pool;

  /** Of the request; here, where the scheduler looks anyway. */
  private final int promptLength;

  private final int longest;

  /** Positions at the start whose logits are wanted. */
  private final int promptScored;

  /** Sorted; a set of boxed numbers would make one for each token. */
  private final int[] stopIds;

  private int[] tokens;
  private int length;

  /** The last token; here, since a step looks at it and at no other token. */
  private int last;

  private int computed;
  private int[] pages = new int[4];
  private int pageCount;

  /** Pages at the start that are in the prefix cache, and the last of them. */
  private int chainedPages;

  private @Nullable CachedPage chain;

  /** Whether this sequence was in a step that failed, and up to which token. */
  private int suspectUntil;

  /** Rows in the batch that is being computed, and how many of them want logits. */
  private int scheduled;

  private int logitRows;

  private @Nullable ChoiceParams choiceParams;

  /** Where the runner counts the tokens of this sequence, as long as {@link Slots} says so. */
  private int slot = Choices.NO_SLOT;

  private boolean ended;

  private final PromptLogprobs promptLogprobs;

  Sequence(Request request, TokenStream stream, Sampler sampler, long arrival, PagePool pool) {
    this.request = request;
    this.stream = stream;
    this.sampler = sampler;
    this.arrival = arrival;
    this.pool = pool;
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

  int computed() {
    return computed;
  }

  int generated() {
    return length - promptLength;
  }

  /** Returns how many tokens are not cached yet: 1 when decoding. */
  int remaining() {
    return length - computed;
  }

  int scheduled() {
    return scheduled;
  }

  boolean suspect() {
    return suspectUntil > 0;
  }

  int pageCount() {
    return pageCount;
  }

  int page(int index) {
    return pages[index];
  }

  /**
   * A step with this sequence is on its way, and the next is scheduled as if it were over.
   *
   * @param index of the step's choice for this sequence
   */
  void assume(int index) {
    computed += scheduled;
    scheduled = 0;
    append(Batch.chosenBefore(index));
  }

  /** Returns whether the last token is one that a step on its way is choosing. */
  boolean awaitsToken() {
    return last < 0;
  }

  /** Returns whether no token may follow: the last one allowed is being chosen. */
  boolean exhausted() {
    return length >= longest;
  }

  boolean ended() {
    return ended;
  }

  /** Marks what is over, since a step on its way may still compute a row of it. */
  void end() {
    ended = true;
  }

  /** Adds a token, or puts it in the place of the one that was awaited. */
  void append(int token) {
    dropAwaited();
    if (length == tokens.length) {
      tokens = Arrays.copyOf(tokens, 2 * length);
    }
    tokens[length++] = token;
    last = token;
  }

  private void dropAwaited() {
    if (awaitsToken()) {
      length--;
      last = tokens[length - 1];
    }
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

  /** Returns how many prompt positions from here on have wanted logits besides the last token's. */
  int promptLogitsLeft() {
    return Math.max(0, promptScored - computed);
  }

  /**
   * Takes the longest cached prefix. At least one token stays to be computed, since its logits are
   * needed.
   *
   * @return tokens found
   */
  int reusePrefix(int pageTokens) {
    while ((pageCount + 1) * pageTokens < length) {
      CachedPage next = pool.find(chain, request.cacheSalt(), tokens, pageCount * pageTokens);
      if (next == null) {
        break;
      }
      pool.hold(next.page());
      addPage(next.page());
      chain = next;
      chainedPages = pageCount;
    }
    computed = pageCount * pageTokens;
    return computed;
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

  /** Returns how many more pages the first {@code tokens} tokens need. */
  int pagesMissing(int tokens, int pageTokens) {
    return Math.ceilDiv(tokens, pageTokens) - pageCount;
  }

  void addPage(int page) {
    if (pageCount == pages.length) {
      pages = Arrays.copyOf(pages, 2 * pageCount);
    }
    pages[pageCount++] = page;
  }

  /** Writes the next {@code rows} tokens into a batch. */
  void fill(Batch batch, int rows) {
    batch.addSequence(computed, pages, pageCount);
    logitRows = 0;
    int promptLogitsEnd = computed + promptLogitsLeft();
    for (int i = computed; i < computed + rows; i++) {
      boolean wantsLogits = i == length - 1 || i < promptLogitsEnd;
      batch.addRow(i == length - 1 ? last : tokens[i], wantsLogits);
      logitRows += wantsLogits ? 1 : 0;
    }
    scheduled = rows;
  }

  /** Returns whether the next token can be chosen once the batch is computed. */
  boolean completes() {
    return scheduled > 0 && scheduled == length - computed;
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

  /** Returns how many rows of the batch just computed have logits. */
  int logitRows() {
    return logitRows;
  }

  /** Reports prompt log-probabilities from the logits of the rows just computed. */
  void reportPromptLogprobs(float[] logits, int offset, int vocabSize) {
    if (promptScored > 0) {
      promptLogprobs.report(logits, offset, vocabSize, computed - logitRows, logitRows);
    }
  }

  /** The scheduled rows were computed. */
  void advance() {
    computed += scheduled;
    scheduled = 0;
    if (computed >= suspectUntil) {
      suspectUntil = 0;
    }
  }

  /**
   * Puts full pages that are not in the prefix cache yet there.
   *
   * @param most how many may go at once: sequences that began together fill their pages together,
   *     and one step should not pay for all
   * @return how many went
   */
  int shareFullPages(int pageTokens, int most) {
    int shared = 0;
    while (shared < most && (chainedPages + 1) * pageTokens <= computed) {
      shareFullPage(pageTokens);
      shared++;
    }
    return shared;
  }

  private void shareFullPage(int pageTokens) {
    int from = chainedPages * pageTokens;
    long hash = CachedPage.hash(chain, request.cacheSalt(), tokens, from, pageTokens);
    CachedPage same = pool.find(hash, chain, request.cacheSalt(), tokens, from);
    if (same == null) {
      chain = pool.cache(hash, chain, request.cacheSalt(), tokens, from, pages[chainedPages]);
    } else if (same.page() != pages[chainedPages]) {
      // Another sequence computed the same page meanwhile: one copy is enough.
      pool.hold(same.page());
      pool.release(pages[chainedPages]);
      pages[chainedPages] = same.page();
      chain = same;
    } else {
      chain = same;
    }
    chainedPages++;
  }

  /** Gives all pages back; everything is to be computed again. */
  void releasePages() {
    while (pageCount > 0) {
      pool.release(pages[--pageCount]);
    }
    computed = 0;
    scheduled = 0;
    chain = null;
    chainedPages = 0;
  }

  /** A step with this sequence in it failed: it must prove its innocence alone. */
  void suspectOfFailure() {
    suspectUntil = Math.max(suspectUntil, computed + scheduled);
    startOver();
  }

  /** Nothing that steps on their way compute counts. */
  void startOver() {
    dropAwaited();
    releasePages();
  }

  /**
   * Shares the full pages of a sequence that has the same tokens, of which all but none are left.
   */
  void forkFrom(Sequence other, int pageTokens) {
    int full = other.computed / pageTokens;
    for (int i = 0; i < full; i++) {
      pool.hold(other.pages[i]);
      addPage(other.pages[i]);
    }
    computed = full * pageTokens;
    chain = other.chainedPages == full ? other.chain : null;
    chainedPages = other.chainedPages == full ? full : 0;
  }

  /** After a partial page has been copied: as much is cached as in the other sequence. */
  void adoptPartialPage(Sequence other, int page) {
    addPage(page);
    computed = other.computed;
  }
}
