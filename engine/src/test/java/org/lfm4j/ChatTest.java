package org.lfm4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.lfm4j.engine.DeadlineException;
import org.lfm4j.sampling.SamplingParams;

@Timeout(60)
class ChatTest {
  private static final String STORY = "Tell me a story about a cat.";
  private static LanguageModel model;

  @BeforeAll
  static void load() {
    model =
        LanguageModel.load(Path.of(System.getProperty("lfm4j.root"), "demo-model", "lfm2-demo"));
  }

  @AfterAll
  static void close() {
    model.close();
  }

  @Test
  void theModelSeesWhatWasSaidBefore() throws Exception {
    Chat chat = model.newChat();
    chat.say("What is 37 + 48?");
    try (Generation second = chat.stream("What is 12 + 13?")) {
      assertThat(second.text()).contains("25");
      assertThat(second.promptTokens()).isEqualTo(model.encode(upTo(chat, 3)).length);
    }
    assertThat(chat.history())
        .extracting(ChatMessage::role)
        .containsExactly(
            ChatMessage.Role.USER,
            ChatMessage.Role.ASSISTANT,
            ChatMessage.Role.USER,
            ChatMessage.Role.ASSISTANT);
  }

  private static List<ChatMessage> upTo(Chat chat, int messages) {
    return chat.history().subList(0, messages);
  }

  @Test
  void aSecondTurnReusesTheFirst() throws Exception {
    Chat chat = model.newChat();
    chat.say(STORY);
    try (Generation second = chat.stream("What is 12 + 13?")) {
      second.text();
      assertThat(second.cachedTokens()).isGreaterThanOrEqualTo(64);
    }
  }

  @Test
  void theSystemPromptComesFirstAndOutlivesAReset() throws Exception {
    Chat chat = model.newChat(List.of(ChatMessage.system("Answer in German.")));
    chat.say("What is 37 + 48?");
    chat.reset();
    assertThat(chat.history()).containsExactly(ChatMessage.system("Answer in German."));
    chat.system("");
    assertThat(chat.history()).isEmpty();
  }

  @Test
  void anAnswerClosedHalfWayStaysAndOneWithoutTextDoesNot() throws Exception {
    Chat chat = model.newChat();
    Generation first = chat.stream(STORY);
    String piece = first.next().orElseThrow();
    assertThat(chat.history())
        .containsExactly(ChatMessage.user(STORY), ChatMessage.assistant(piece));
    chat.stream("never read").close();
    assertThat(chat.history())
        .containsExactly(ChatMessage.user(STORY), ChatMessage.assistant(piece));
    assertThat(drained(first)).as("a new answer ends the one before").isEqualTo(FinishReason.ABORT);
  }

  private static FinishReason drained(Generation generation) throws InterruptedException {
    generation.text();
    return generation.finishReason();
  }

  @Test
  void anInterruptedCallerLeavesAndTheAnswerStops() throws Exception {
    Chat chat = model.newChat();
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> chat.say(STORY)).isInstanceOf(InterruptedException.class);
    assertThat(Thread.interrupted()).isFalse();
    assertThat(chat.history()).isEmpty();
    assertThat(chat.say("What is 37 + 48?")).contains("85");
  }

  @Test
  void aConversationThatOutgrowsTheContextIsRefusedAndStays() throws Exception {
    Chat chat = model.newChat();
    chat.say("What is 37 + 48?");
    assertThatThrownBy(() -> chat.say("many words ".repeat(model.maxModelLength())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("the context holds " + model.maxModelLength());
    assertThat(chat.history()).hasSize(2);
    assertThat(chat.say("What is 12 + 13?")).contains("25");
  }

  @Test
  void answersEndAtTheirLimit() throws Exception {
    Chat chat = model.newChat();
    chat.maxTokens(3);
    try (Generation answer = chat.stream(STORY)) {
      assertThat(drained(answer)).isEqualTo(FinishReason.LENGTH);
      assertThat(answer.completionTokens()).isEqualTo(3);
    }
  }

  @Test
  void aRequestEndsWithItsTimeout() {
    int[] prompt = model.encode(List.of(ChatMessage.user(STORY)));
    GenerationRequest late =
        GenerationRequest.of(prompt, SamplingParams.GREEDY).withTimeout(Duration.ofNanos(1));
    assertThatThrownBy(() -> model.generate(late).text()).isInstanceOf(DeadlineException.class);
  }

  @Test
  void textIsWhatNextHasNotReturned() throws Exception {
    String whole = model.chat(STORY);
    try (Generation answer = model.newChat().stream(STORY)) {
      String first = answer.next().orElseThrow();
      assertThat(first + answer.text()).isEqualTo(whole);
      assertThat(answer.next()).isEqualTo(Optional.empty());
    }
  }

  @Test
  void sixteenThreadsGetWhatEachGetsAlone() throws Exception {
    List<String> alone = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      alone.add(twoTurns(i));
    }
    CountDownLatch start = new CountDownLatch(1);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<String>> together = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        int thread = i;
        together.add(
            threads.submit(() -> {
              start.await();
              return twoTurns(thread);
            }));
      }
      start.countDown();
      for (int i = 0; i < 16; i++) {
        assertThat(together.get(i).get()).isEqualTo(alone.get(i));
      }
    }
  }

  /** Half of the chats are greedy, half of them draw with a seed. */
  private static String twoTurns(int i) throws InterruptedException {
    Chat chat = model.newChat();
    chat.maxTokens(24);
    if (i % 2 == 1) {
      chat.sampling(SamplingParams.builder().temperature(1).seed(i).build());
    }
    return chat.say("What is %d + 48?".formatted(10 + i)) + "\n" + chat.say(STORY);
  }
}
