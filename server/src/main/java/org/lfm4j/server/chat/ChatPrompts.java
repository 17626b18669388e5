package org.lfm4j.server.chat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.lfm4j.LanguageModel;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.Fields;
import org.lfm4j.server.http.Json;
import org.lfm4j.server.http.KnownFields;
import org.lfm4j.text.ChatPrompt;
import org.lfm4j.text.TextException;
import tools.jackson.databind.node.ArrayNode;

/**
 * Reads conversations and encodes them, for every endpoint that takes {@code messages}.
 *
 * @param trustTemplates whether clients may bring a chat template of their own: it is a program,
 *     and may run for long
 */
public record ChatPrompts(boolean trustTemplates) {
  /** The fields that make up a conversation. */
  public static final KnownFields KNOWN =
      KnownFields.reading(
          "messages",
          "tools",
          "add_generation_prompt",
          "continue_final_message",
          "add_special_tokens",
          "documents",
          "chat_template",
          "chat_template_kwargs",
          "reasoning_effort");

  private static final Set<String> EFFORTS =
      Set.of("none", "minimal", "low", "medium", "high", "xhigh", "max");

  /**
   * Reads a conversation.
   *
   * @param tools what the template is to show
   * @throws ApiException naming the field at fault
   */
  public ChatPrompt read(Fields body, List<Object> tools) {
    boolean goesOn = body.bool("continue_final_message");
    if (goesOn && body.bool("add_generation_prompt")) {
      throw ApiException.badRequest(
          "continue_final_message",
          "continue_final_message and add_generation_prompt can't both be true");
    }
    return new ChatPrompt(
        ChatMessages.read(body),
        tools,
        body.bool("add_generation_prompt", !goesOn),
        arguments(body),
        documents(body),
        goesOn,
        template(body));
  }

  /** As from vLLM, templates get the effort, and no thinking is to be enabled for none of it. */
  private static Map<String, Object> arguments(Fields body) {
    Map<String, Object> arguments = new LinkedHashMap<>();
    body.object("chat_template_kwargs").ifPresent(o -> arguments.putAll(Json.toMap(o.node())));
    Optional<String> effort = body.string("reasoning_effort");
    if (effort.isPresent()) {
      if (!EFFORTS.contains(effort.get())) {
        throw body.mustBe(
            "reasoning_effort", "one of none, minimal, low, medium, high, xhigh, max");
      }
      arguments.putIfAbsent("reasoning_effort", effort.get());
      if (effort.get().equals("none")) {
        arguments.putIfAbsent("enable_thinking", false);
      }
    }
    return arguments;
  }

  private Optional<String> template(Fields body) {
    Optional<String> template = body.string("chat_template");
    if (template.isPresent() && !trustTemplates) {
      throw ApiException.badRequest(
          "chat_template",
          "chat_template is refused by this server: start it with --trust-request-chat-template");
    }
    return template;
  }

  private static List<Object> documents(Fields body) {
    ArrayNode array = body.array("documents").orElseGet(Json.MAPPER::createArrayNode);
    List<Object> documents = new ArrayList<>(array.size());
    for (int i = 0; i < array.size(); i++) {
      documents.add(Json.toMap(body.element("documents", array, i).node()));
    }
    return documents;
  }

  /**
   * Encodes a conversation.
   *
   * @throws ApiException if the template refuses it
   */
  public static int[] encode(LanguageModel model, ChatPrompt prompt, Fields body) {
    int[] ids;
    try {
      ids = model.encode(prompt);
    } catch (TextException e) {
      throw ApiException.badRequest(
          "messages", "The conversation can't be used: " + e.getMessage());
    }
    if (!body.bool("add_special_tokens")) {
      return ids;
    }
    int[] prefix = model.tokenizer().prefixIds();
    int[] all = new int[prefix.length + ids.length];
    System.arraycopy(prefix, 0, all, 0, prefix.length);
    System.arraycopy(ids, 0, all, prefix.length, ids.length);
    return all;
  }
}
