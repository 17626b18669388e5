package org.lfm4j;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.lfm4j.sampling.SamplingParams;
import org.lfm4j.sampling.grammar.GrammarSpec;

/**
 * A text to be continued. Start from {@link #of} and change what matters.
 *
 * @param prompt token ids, at least one
 * @param sampling how tokens are chosen
 * @param maxTokens most tokens to generate; cut to what the context length leaves
 * @param stop texts that end the generation; they are not part of the output
 * @param skipSpecialTokens whether control tokens such as {@code <|tool_call_start|>} are left out
 *     of the text
 * @param ignoreEos whether the generation goes on after the end of the turn
 * @param priority lower runs first, where the model was loaded with priorities
 * @param cacheSalt requests share cached prefixes only with those of the same salt
 * @param timeout how long the request may take, waiting in line included
 * @param stopTokenIds further ids that end the generation, besides the model's own
 * @param includeStop whether the text or token that ends the generation is part of the output
 * @param grammar what the whole output must look like; the end of the turn then always ends it
 */
public record GenerationRequest(
    int[] prompt,
    SamplingParams sampling,
    int maxTokens,
    List<String> stop,
    boolean skipSpecialTokens,
    boolean ignoreEos,
    int priority,
    Optional<String> cacheSalt,
    Optional<Duration> timeout,
    Set<Integer> stopTokenIds,
    boolean includeStop,
    Optional<GrammarSpec> grammar) {

  /** Copies the stop strings and ids. */
  public GenerationRequest {
    stop = List.copyOf(stop);
    stopTokenIds = Set.copyOf(stopTokenIds);
  }

  /** One text without stop strings, salt or priority, control tokens left out. */
  public GenerationRequest(
      int[] prompt,
      SamplingParams sampling,
      int maxTokens,
      List<String> stop,
      boolean skipSpecialTokens) {
    this(
        prompt,
        sampling,
        maxTokens,
        stop,
        skipSpecialTokens,
        false,
        0,
        Optional.empty(),
        Optional.empty(),
        Set.of(),
        false,
        Optional.empty());
  }

  /** Continues a prompt as far as the context length allows. */
  public static GenerationRequest of(int[] prompt, SamplingParams sampling) {
    return new GenerationRequest(prompt, sampling, Integer.MAX_VALUE, List.of(), true);
  }

  /** Returns this request with another limit of tokens. */
  public GenerationRequest withMaxTokens(int tokens) {
    return with(copy -> copy.maxTokens = tokens);
  }

  /** Returns this request with stop strings. */
  public GenerationRequest withStop(String... strings) {
    return with(copy -> copy.stop = List.of(strings));
  }

  /** Returns this request going on after the end of the turn, or not. */
  public GenerationRequest withIgnoreEos(boolean on) {
    return with(copy -> copy.ignoreEos = on);
  }

  /** Returns this request with another salt. */
  public GenerationRequest withCacheSalt(String salt) {
    return with(copy -> copy.cacheSalt = Optional.of(salt));
  }

  /** Returns this request with a limit of time. */
  public GenerationRequest withTimeout(Duration limit) {
    return with(copy -> copy.timeout = Optional.of(limit));
  }

  /** Returns this request with a grammar that the output follows. */
  public GenerationRequest withGrammar(GrammarSpec spec) {
    return with(copy -> copy.grammar = Optional.of(spec));
  }

  private GenerationRequest with(Consumer<Copy> change) {
    Copy copy = new Copy(this);
    change.accept(copy);
    return new GenerationRequest(
        prompt,
        sampling,
        copy.maxTokens,
        copy.stop,
        skipSpecialTokens,
        copy.ignoreEos,
        priority,
        copy.cacheSalt,
        copy.timeout,
        stopTokenIds,
        includeStop,
        copy.grammar);
  }

  /** What can be changed. */
  private static final class Copy {
    private int maxTokens;
    private List<String> stop;
    private boolean ignoreEos;
    private Optional<String> cacheSalt;
    private Optional<Duration> timeout;
    private Optional<GrammarSpec> grammar;

    Copy(GenerationRequest request) {
      maxTokens = request.maxTokens;
      stop = request.stop;
      ignoreEos = request.ignoreEos;
      cacheSalt = request.cacheSalt;
      timeout = request.timeout;
      grammar = request.grammar;
    }
  }
}
