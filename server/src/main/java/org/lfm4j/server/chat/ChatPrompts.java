package org.lfm4j.server.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.lfm4j.LanguageModel;
import org.lfm4j.server.generation.Conversations;
import org.lfm4j.server.generation.TemplateArguments;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.Fields;
import org.lfm4j.server.http.Json;
import org.lfm4j.server.http.KnownFields;
import org.lfm4j.text.ChatPrompt;
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
        TemplateArguments.read(body, body, "reasoning_effort"),
        documents(body),
        goesOn,
        template(body));
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
    int[] ids = Conversations.encode(model, prompt, "messages");
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
