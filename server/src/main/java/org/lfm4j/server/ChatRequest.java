package org.lfm4j.server;

import java.util.List;
import java.util.OptionalInt;
import org.lfm4j.sampling.SamplingParams;
import org.lfm4j.text.ChatPrompt;

/**
 * A chat completion as a client asked for it.
 *
 * @param prompt the conversation
 * @param sampling the request's values over the model's defaults
 * @param maxTokens most tokens to generate; empty for what the context leaves
 * @param stop texts that end the answer
 * @param stream whether the answer is sent piece by piece
 * @param includeUsage whether a stream ends with a chunk of token counts
 * @param continuousUsage whether every chunk of a stream carries token counts
 * @param ignoredFields names in the body that nobody knows
 */
record ChatRequest(
    ChatPrompt prompt,
    SamplingParams sampling,
    OptionalInt maxTokens,
    List<String> stop,
    boolean stream,
    boolean includeUsage,
    boolean continuousUsage,
    List<String> ignoredFields) {}
