package org.lfm4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.InternalServerException;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.ModelNotFoundException;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiLanguageModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.model.output.FinishReason;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** LangChain4j's OpenAI client against the real server. */
@Timeout(60)
class LangChain4jTest {

  private static OpenAiChatModel.OpenAiChatModelBuilder chat(TestServer server) {
    return OpenAiChatModel.builder()
        .baseUrl(server.base() + "/v1")
        .apiKey("unused")
        .modelName(TestServer.NAME)
        .maxRetries(0)
        .timeout(Duration.ofSeconds(20));
  }

  @Test
  void chats() {
    FakeModel model = FakeModel.saying("Good ", "day.");
    try (TestServer server = TestServer.with(model)) {
      ChatResponse answer =
          chat(server)
              .temperature(0.1)
              .seed(7)
              .stop(List.of("END"))
              .maxCompletionTokens(50)
              .build()
              .chat(SystemMessage.from("Be brief."), UserMessage.from("Hello!"));
      assertThat(answer.aiMessage().text()).isEqualTo("Good day.");
      assertThat(answer.finishReason()).isEqualTo(FinishReason.STOP);
      assertThat(answer.tokenUsage().inputTokenCount()).isEqualTo(3);
      assertThat(answer.tokenUsage().outputTokenCount()).isEqualTo(2);
      assertThat(model.lastRequest().sampling().seed()).hasValue(7);
      assertThat(model.lastRequest().stop()).containsExactly("END");
    }
  }

  /** Keeps what a stream brings. */
  private static final class Collector implements StreamingChatResponseHandler {
    final List<String> pieces = new CopyOnWriteArrayList<>();
    final CompletableFuture<ChatResponse> end = new CompletableFuture<>();

    @Override
    public void onPartialResponse(String piece) {
      pieces.add(piece);
    }

    @Override
    public void onCompleteResponse(ChatResponse response) {
      end.complete(response);
    }

    @Override
    public void onError(Throwable error) {
      end.completeExceptionally(error);
    }
  }

  private static OpenAiStreamingChatModel streaming(TestServer server) {
    return OpenAiStreamingChatModel.builder()
        .baseUrl(server.base() + "/v1")
        .apiKey("unused")
        .modelName(TestServer.NAME)
        .timeout(Duration.ofSeconds(20))
        .build();
  }

  @Test
  void streams() throws Exception {
    try (TestServer server = TestServer.with(FakeModel.saying("Good ", "day", "."))) {
      Collector collector = new Collector();
      streaming(server).chat("Hello!", collector);
      ChatResponse whole = collector.end.get(20, TimeUnit.SECONDS);
      assertThat(collector.pieces).containsExactly("Good ", "day", ".");
      assertThat(whole.aiMessage().text()).isEqualTo("Good day.");
      assertThat(whole.tokenUsage().totalTokenCount()).isEqualTo(4);
    }
  }

  @Test
  void aFailureOnTheWayReachesTheHandler() throws Exception {
    try (TestServer server = TestServer.with(FakeModel.failing(0, "a"))) {
      Collector collector = new Collector();
      streaming(server).chat("Hello!", collector);
      assertThat(
              collector
                  .end
                  .handle((answer, error) -> String.valueOf(error))
                  .get(20, TimeUnit.SECONDS))
          .contains("matrix 3 caught fire");
    }
  }

  @Test
  void mapsErrorsToItsExceptions() {
    try (TestServer server = TestServer.with(FakeModel.failing(0, "a"))) {
      assertThatThrownBy(() -> chat(server).modelName("gpt-9").build().chat("x"))
          .isInstanceOf(ModelNotFoundException.class)
          .hasMessageContaining("The model `gpt-9` does not exist.");
      assertThatThrownBy(() -> chat(server).temperature(3.0).build().chat("x"))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("temperature must be in [0, 2], got 3.0");
      assertThatThrownBy(() -> chat(server).build().chat("x"))
          .isInstanceOf(InternalServerException.class)
          .hasMessageContaining("matrix 3 caught fire");
    }
  }

  @Test
  void completesText() {
    try (Demo demo = Demo.small(128)) {
      var answer =
          OpenAiLanguageModel.builder()
              .baseUrl(demo.server.base() + "/v1")
              .apiKey("unused")
              .modelName(TestServer.NAME)
              .temperature(0.0)
              .maxRetries(0)
              .build()
              .generate("The sun is");
      assertThat(answer.content()).isNotEmpty();
      assertThat(answer.tokenUsage().outputTokenCount()).isBetween(1, 16);
    }
  }
}
