package org.lfm4j.server.messages;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.lfm4j.LanguageModel;
import org.lfm4j.server.generation.Conversations;
import org.lfm4j.server.generation.TemplateArguments;
import org.lfm4j.server.generation.Tools;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.Fields;
import org.lfm4j.text.ChatPrompt;

/** Reads what makes up the prompt of a request, whether it is answered or only counted. */
final class MessagePrompt {

  private MessagePrompt() {}

  /**
   * Reads a conversation. Where the assistant's words are the last, they are continued.
   *
   * @throws ApiException naming the field at fault
   */
  static ChatPrompt read(Fields body, Tools tools) {
    List<Map<String, Object>> messages = MessageTurns.read(body);
    boolean goesOn = "assistant".equals(messages.getLast().get("role"));
    return new ChatPrompt(
        messages, tools.shown(), !goesOn, arguments(body), List.of(), goesOn, Optional.empty());
  }

  private static Map<String, Object> arguments(Fields body) {
    Fields output = body.objectOrEmpty("output_config");
    Map<String, Object> arguments = TemplateArguments.read(body, output, "effort");
    if (body.objectOrEmpty("thinking").string("type").orElse("").equals("disabled")) {
      arguments.putIfAbsent("enable_thinking", false);
    }
    return arguments;
  }

  /**
   * Encodes a conversation.
   *
   * @throws ApiException if the template refuses it
   */
  static int[] encode(LanguageModel model, ChatPrompt prompt) {
    return Conversations.encode(model, prompt, "messages");
  }
}
