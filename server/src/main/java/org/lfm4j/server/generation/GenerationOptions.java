package org.lfm4j.server.generation;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.lfm4j.sampling.SamplingParams;
import org.lfm4j.server.http.ApiException;

/**
 * What a client wants besides its prompt, whichever endpoint it asked.
 *
 * @param sampling the request's values over the model's defaults
 * @param badWords words that may not come
 * @param maxTokens most tokens to generate; empty for what the context leaves
 * @param stop texts that end the answer
 * @param stopTokenIds ids that end the answer
 * @param includeStop whether what ends the answer is part of it
 * @param ignoreEos whether the answer goes on where the model would end it
 * @param skipSpecialTokens whether control tokens are left out of the text
 * @param samples how many answers to each prompt
 * @param priority lower runs first
 * @param cacheSalt keeps this request's prefixes to requests of the same salt
 * @param truncation how a prompt is cut before it is used
 * @param streaming whether and how the answer is sent piece by piece
 * @param returnTokenIds whether ids of prompt and answer come with the text
 * @param tokensAsIds whether log-probabilities name tokens by their ids
 * @param requestId what the client calls this request
 * @param grammar what the answer must look like
 */
public record GenerationOptions(
    SamplingParams sampling,
    List<String> badWords,
    OptionalInt maxTokens,
    List<String> stop,
    Set<Integer> stopTokenIds,
    boolean includeStop,
    boolean ignoreEos,
    boolean skipSpecialTokens,
    int samples,
    int priority,
    Optional<String> cacheSalt,
    Truncation truncation,
    Streaming streaming,
    boolean returnTokenIds,
    boolean tokensAsIds,
    Optional<String> requestId,
    Optional<AskedGrammar> grammar) {

  /** Returns these options with control tokens kept in the text. */
  public GenerationOptions withSpecialTokens() {
    return new GenerationOptions(
        sampling,
        badWords,
        maxTokens,
        stop,
        stopTokenIds,
        includeStop,
        ignoreEos,
        false,
        samples,
        priority,
        cacheSalt,
        truncation,
        streaming,
        returnTokenIds,
        tokensAsIds,
        requestId,
        grammar);
  }

  /**
   * Returns these options with the format that the answer is to have in the words of one API.
   *
   * @throws ApiException if a grammar was asked for already
   */
  public GenerationOptions withFormat(Optional<AskedGrammar> format) {
    if (format.isEmpty()) {
      return this;
    }
    grammar.ifPresent(asked -> {
      throw asked.contradicts(format.get());
    });
    return withGrammar(format.get());
  }

  /** Returns these options with another grammar. */
  public GenerationOptions withGrammar(AskedGrammar asked) {
    return new GenerationOptions(
        sampling,
        badWords,
        maxTokens,
        stop,
        stopTokenIds,
        includeStop,
        ignoreEos,
        skipSpecialTokens,
        samples,
        priority,
        cacheSalt,
        truncation,
        streaming,
        returnTokenIds,
        tokensAsIds,
        requestId,
        Optional.of(asked));
  }

  /**
   * Whether and how an answer is sent piece by piece.
   *
   * @param on whether it is
   * @param usage whether a stream ends with a chunk of token counts
   * @param continuousUsage whether every chunk carries token counts
   */
  public record Streaming(boolean on, boolean usage, boolean continuousUsage) {}
}
