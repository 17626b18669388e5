package org.lfm4j.server.chat;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.lfm4j.sampling.SamplingParams;
import org.lfm4j.server.generation.AskedGrammar;
import org.lfm4j.text.ChatPrompt;

/**
 * A chat completion as a client asked for it.
 *
 * @param prompt the conversation
 * @param sampling the request's values over the model's defaults
 * @param maxTokens most tokens to generate; empty for what the context leaves
 * @param stop texts that end the answer
 * @param stopTokenIds ids that end the answer
 * @param badWords words that may not come
 * @param ignoreEos whether the answer goes on where the model would end it
 * @param samples how many answers
 * @param priority lower runs first
 * @param cacheSalt keeps this request's prefixes to requests of the same salt
 * @param stream whether the answer is sent piece by piece
 * @param includeUsage whether a stream ends with a chunk of token counts
 * @param continuousUsage whether every chunk of a stream carries token counts
 * @param grammar what the answer must look like
 * @param ignoredFields names in the body that nobody knows
 */
record ChatRequest(
    ChatPrompt prompt,
    SamplingParams sampling,
    OptionalInt maxTokens,
    List<String> stop,
    Set<Integer> stopTokenIds,
    List<String> badWords,
    boolean ignoreEos,
    int samples,
    int priority,
    Optional<String> cacheSalt,
    boolean stream,
    boolean includeUsage,
    boolean continuousUsage,
    Optional<AskedGrammar> grammar,
    List<String> ignoredFields) {}
