package org.lfm4j.server.chat;

import java.util.Map;
import org.lfm4j.text.ChatPrompt;

/**
 * Whose words an answer is, and what of them was there before.
 *
 * @param role the answer's role
 * @param echoed text that is repeated before the answer
 */
record ChatTurn(String role, String echoed) {

  /**
   * The turn that follows a conversation, or its last one if that is continued.
   *
   * @param echo whether the last message is repeated where it has the answer's role
   */
  static ChatTurn of(ChatPrompt prompt, boolean echo) {
    Map<String, Object> last = prompt.messages().getLast();
    String lastRole = String.valueOf(last.get("role"));
    String role = prompt.addGenerationPrompt() ? "assistant" : lastRole;
    boolean repeated = echo && lastRole.equals(role) && last.get("content") instanceof String;
    return new ChatTurn(role, repeated ? String.valueOf(last.get("content")) : "");
  }
}
