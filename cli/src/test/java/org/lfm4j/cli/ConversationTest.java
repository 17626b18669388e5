package org.lfm4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.lfm4j.Chat;

class ConversationTest {
  private final EchoModel model = new EchoModel();
  private final AtomicLong clock = new AtomicLong();
  private final Chat chat = model.newChat();
  private final Conversation conversation =
      new Conversation(chat, () -> clock.addAndGet(1_000_000_000));

  private String say(String text) throws InterruptedException {
    StringBuilder answer = new StringBuilder();
    conversation.say(text, generation -> {}, answer::append);
    return answer.toString();
  }

  private List<Map<String, Object>> lastPrompt() {
    return model.prompts.getLast().messages();
  }

  private static Map<String, Object> turn(String role, String content) {
    return Map.of("role", role, "content", content);
  }

  @Test
  void remembersWhatWasSaid() throws InterruptedException {
    assertThat(say("one two")).isEqualTo("one two");
    say("three");
    assertThat(lastPrompt())
        .containsExactly(
            turn("user", "one two"), turn("assistant", "one two"), turn("user", "three"));
  }

  @Test
  void systemPromptComesFirstAndSurvivesReset() throws InterruptedException {
    say("one");
    conversation.system("be brief");
    conversation.reset();
    say("two");
    assertThat(lastPrompt()).containsExactly(turn("system", "be brief"), turn("user", "two"));
  }

  @Test
  void answersAreNoLongerThanAsked() throws InterruptedException {
    chat.maxTokens(5);
    assertThat(say("a b c d e f g")).isEqualTo("a b c d e ");
    assertThat(model.requests.getLast().maxTokens()).isEqualTo(5);
  }

  @Test
  void aTurnThatDoesNotFitIsRefusedAndForgotten() throws InterruptedException {
    say("short");
    assertThatThrownBy(() -> say("word ".repeat(20).strip()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the conversation has 22 tokens, but the context holds 20: reset it or say less");
    assertThat(say("again")).isEqualTo("again");
    assertThat(lastPrompt()).hasSize(3);
  }

  @Test
  void whatGotNoAnswerIsForgotten() throws InterruptedException {
    conversation.say("one two", generation -> {}, piece -> {});
    assertThat(TerminalChat.statistics(conversation.say(" ", generation -> {}, piece -> {})))
        .isEqualTo("no answer");
    say("three");
    assertThat(lastPrompt()).hasSize(3);
  }

  @Test
  void measuresTheAnswer() throws InterruptedException {
    Conversation.Stats stats = conversation.say("a b c", generation -> {}, piece -> {});
    assertThat(stats).isEqualTo(new Conversation.Stats(3, 2, 1));
    assertThat(stats.tokensPerSecond()).isEqualTo(2);
    assertThat(TerminalChat.statistics(stats))
        .isEqualTo("3 tokens, 2.0 tokens/s, first after 1.00 s");
  }
}
