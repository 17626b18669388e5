package org.lfm4j.server.generation;

import java.util.List;
import org.lfm4j.Generation;
import tools.jackson.databind.node.ObjectNode;

/**
 * Token counts of one request.
 *
 * @param prompt tokens of all prompts, each counted once whatever its samples
 * @param completion tokens generated
 * @param cached prompt tokens that came from the prefix cache
 */
public record Usage(int prompt, int completion, int cached) {

  /** Counts as they are now. */
  public static Usage of(Samples samples) {
    List<Generation> prompts = samples.firstOfEachPrompt();
    return new Usage(
        prompts.stream().mapToInt(Generation::promptTokens).sum(),
        samples.generations().stream().mapToInt(Generation::completionTokens).sum(),
        prompts.stream().mapToInt(Generation::cachedTokens).sum());
  }

  /** Returns these counts for an answer that shows its prompt only. */
  public Usage withoutCompletion() {
    return new Usage(prompt, 0, cached);
  }

  /** Writes the counts. */
  public void putInto(ObjectNode node) {
    ObjectNode usage = node.putObject("usage");
    usage.put("prompt_tokens", prompt);
    usage.put("total_tokens", prompt + completion);
    usage.put("completion_tokens", completion);
    usage.putObject("prompt_tokens_details").put("cached_tokens", cached);
  }
}
