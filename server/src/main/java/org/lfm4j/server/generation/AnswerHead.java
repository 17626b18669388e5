package org.lfm4j.server.generation;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.lfm4j.FinishReason;
import org.lfm4j.Generation;
import org.lfm4j.server.http.Json;
import org.lfm4j.server.http.Version;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the JSON of one answer and the chunks of one stream have in common.
 *
 * @param id the kind of answer, like {@code chatcmpl}, and random digits
 * @param created seconds since 1970
 * @param model the name the client used
 */
public record AnswerHead(String id, long created, String model) {
  /** What {@code system_fingerprint} says. */
  public static final String FINGERPRINT = "lfm4j-" + Version.NUMBER;

  /** An answer that starts now. */
  public static AnswerHead of(String kind, String model) {
    String id = kind + "-" + UUID.randomUUID().toString().replace("-", "");
    return new AnswerHead(id, Instant.now().getEpochSecond(), model);
  }

  /** Returns an object with the fields that come first everywhere. */
  public ObjectNode start(String object) {
    ObjectNode node = Json.MAPPER.createObjectNode();
    node.put("id", id);
    node.put("object", object);
    node.put("created", created);
    node.put("model", model);
    return node;
  }

  /** Writes why a generation ended into a choice. */
  public static void putFinish(ObjectNode choice, Generation generation) {
    choice.put(
        "finish_reason", generation.finishReason() == FinishReason.LENGTH ? "length" : "stop");
    generation
        .stopString()
        .ifPresentOrElse(
            stop -> choice.put("stop_reason", stop), () -> choice.putNull("stop_reason"));
  }

  /** Writes token counts as they are now; the prompt of several answers counts once. */
  public static void putUsage(ObjectNode node, List<Generation> generations) {
    int prompt = generations.getFirst().promptTokens();
    int completion = generations.stream().mapToInt(Generation::completionTokens).sum();
    ObjectNode usage = node.putObject("usage");
    usage.put("prompt_tokens", prompt);
    usage.put("total_tokens", prompt + completion);
    usage.put("completion_tokens", completion);
    usage
        .putObject("prompt_tokens_details")
        .put("cached_tokens", generations.getFirst().cachedTokens());
  }
}
