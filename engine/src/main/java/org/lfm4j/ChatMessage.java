package org.lfm4j;

import java.util.Locale;
import java.util.Map;

/**
 * One message of a conversation.
 *
 * @param role who speaks
 * @param content what is said
 */
public record ChatMessage(Role role, String content) {

  /** Who speaks. */
  public enum Role {
    /** Instructions for the whole conversation; only its first message. */
    SYSTEM,
    /** The user. */
    USER,
    /** The model. */
    ASSISTANT
  }

  /** Returns instructions for the whole conversation. */
  public static ChatMessage system(String content) {
    return new ChatMessage(Role.SYSTEM, content);
  }

  /** Returns something that the user says. */
  public static ChatMessage user(String content) {
    return new ChatMessage(Role.USER, content);
  }

  /** Returns something that the model said. */
  public static ChatMessage assistant(String content) {
    return new ChatMessage(Role.ASSISTANT, content);
  }

  /** Returns the form that chat templates read. */
  Map<String, Object> forTemplate() {
    return Map.of("role", role.name().toLowerCase(Locale.ROOT), "content", content);
  }
}
