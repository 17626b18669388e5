package org.lfm4j;

import java.util.List;
import org.lfm4j.sampling.SamplingParams;

/**
 * One text to be continued.
 *
 * @param prompt token ids, at least one
 * @param sampling how tokens are chosen
 * @param maxTokens most tokens to generate; cut to what the context length leaves
 * @param stop texts that end the generation; they are not part of the output
 * @param skipSpecialTokens whether control tokens such as {@code <|tool_call_start|>} are left out
 *     of the text
 */
public record GenerationRequest(
    int[] prompt,
    SamplingParams sampling,
    int maxTokens,
    List<String> stop,
    boolean skipSpecialTokens) {

  /** Copies the stop strings. */
  public GenerationRequest {
    stop = List.copyOf(stop);
  }
}
