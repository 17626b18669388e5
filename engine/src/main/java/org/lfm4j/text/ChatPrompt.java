package org.lfm4j.text;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A conversation to be rendered by a chat template. Values are JSON-like: {@code String}, {@code
 * Boolean}, {@code Long}, {@code Double}, {@code java.math.BigInteger}, {@code java.util.List},
 * insertion-ordered {@code java.util.Map} and {@link JsonNull#NULL}.
 *
 * @param messages one map a message, with {@code role} and {@code content}
 * @param tools tool declarations in OpenAI's form; empty for none
 * @param addGenerationPrompt whether the assistant's turn is opened at the end
 * @param arguments further variables of the template ({@code chat_template_kwargs})
 * @param documents texts to answer from, for templates that know them; empty for none
 * @param continueFinalMessage whether the last message is left open, to be continued
 * @param template a template to use instead of the model's own
 */
public record ChatPrompt(
    List<Map<String, Object>> messages,
    List<Object> tools,
    boolean addGenerationPrompt,
    Map<String, Object> arguments,
    List<Object> documents,
    boolean continueFinalMessage,
    Optional<String> template) {

  /** A conversation without documents, in the model's own template. */
  public ChatPrompt(
      List<Map<String, Object>> messages,
      List<Object> tools,
      boolean addGenerationPrompt,
      Map<String, Object> arguments) {
    this(messages, tools, addGenerationPrompt, arguments, List.of(), false, Optional.empty());
  }

  /** A conversation without tools whose next turn is the assistant's. */
  public ChatPrompt(List<Map<String, Object>> messages) {
    this(messages, List.of(), true, Map.of());
  }
}
