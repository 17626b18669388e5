package org.lfm4j;

import java.util.List;
import java.util.Optional;

/** An answer in a chat, which remembers what it has given out. */
final class ChatGeneration extends ForwardingGeneration {
  private final String question;
  private final StringBuilder answer = new StringBuilder();
  private boolean failed;

  ChatGeneration(String question, Generation generation) {
    super(generation);
    this.question = question;
  }

  /** Returns question and answer; nothing if there is no answer. */
  List<ChatMessage> turns() {
    return failed || answer.isEmpty()
        ? List.of()
        : List.of(ChatMessage.user(question), ChatMessage.assistant(answer.toString()));
  }

  @Override
  public Optional<String> next() throws InterruptedException {
    try {
      Optional<String> piece = super.next();
      piece.ifPresent(answer::append);
      return piece;
    } catch (RuntimeException e) {
      failed = true;
      throw e;
    }
  }
}
