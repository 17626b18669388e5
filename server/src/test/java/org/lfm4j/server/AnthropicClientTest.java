package org.lfm4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.core.http.StreamResponse;
import com.anthropic.errors.BadRequestException;
import com.anthropic.errors.InternalServerException;
import com.anthropic.errors.NotFoundException;
import com.anthropic.errors.SseException;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.ContentBlockParam;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCountTokensParams;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.RawMessageStreamEvent;
import com.anthropic.models.messages.StopReason;
import com.anthropic.models.messages.Tool;
import com.anthropic.models.messages.ToolResultBlockParam;
import com.anthropic.models.messages.ToolUseBlock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Anthropic's own Java client against the real server. */
class AnthropicClientTest {
  private final List<AnthropicClient> clients = new ArrayList<>();

  @AfterEach
  void close() {
    clients.forEach(AnthropicClient::close);
  }

  private AnthropicClient client(TestServer server) {
    AnthropicClient client =
        AnthropicOkHttpClient.builder()
            .baseUrl(server.base())
            .apiKey("unused")
            .maxRetries(0)
            .timeout(Duration.ofSeconds(20))
            .build();
    clients.add(client);
    return client;
  }

  private static MessageCreateParams.Builder hello() {
    return MessageCreateParams.builder()
        .model(TestServer.NAME)
        .maxTokens(50)
        .system("Be brief.")
        .addUserMessage("Hello!");
  }

  private static String text(Message message) {
    return message.content().stream()
        .flatMap(block -> block.text().stream())
        .map(block -> block.text())
        .collect(Collectors.joining());
  }

  @Test
  void answers() {
    FakeModel model = FakeModel.saying("Good ", "day.");
    try (TestServer server = TestServer.with(model)) {
      Message answer = client(server).messages().create(hello().addStopSequence("END").build());
      answer.validate();
      assertThat(text(answer)).isEqualTo("Good day.");
      assertThat(answer.stopReason()).contains(StopReason.END_TURN);
      assertThat(answer.usage().inputTokens()).isEqualTo(3);
      assertThat(answer.usage().cacheReadInputTokens()).contains(0L);
      assertThat(answer.usage().outputTokens()).isEqualTo(2);
      assertThat(model.lastRequest().stop()).containsExactly("END");
    }
  }

  @Test
  void streamsTheSameAnswer() {
    try (TestServer server = TestServer.with(FakeModel.saying("Good ", "day", "."))) {
      MessageAccumulator accumulator = MessageAccumulator.create();
      try (StreamResponse<RawMessageStreamEvent> stream =
          client(server).messages().createStreaming(hello().build())) {
        stream.stream().peek(RawMessageStreamEvent::validate).forEach(accumulator::accumulate);
      }
      Message answer = accumulator.message();
      assertThat(text(answer)).isEqualTo("Good day.");
      assertThat(answer.stopReason()).contains(StopReason.END_TURN);
      assertThat(answer.usage().outputTokens()).isEqualTo(3);
    }
  }

  @Test
  void usesTools() {
    FakeModel model =
        FakeModel.saying("<|tool_call_start|>[weather(city='Bern')]<|tool_call_end|>");
    try (TestServer server = TestServer.with(model)) {
      Tool weather =
          Tool.builder()
              .name("weather")
              .description("Tells the weather")
              .inputSchema(Tool.InputSchema.builder().build())
              .build();
      MessageCreateParams.Builder params = hello().addTool(weather);
      Message answer = client(server).messages().create(params.build());
      answer.validate();
      assertThat(answer.stopReason()).contains(StopReason.TOOL_USE);
      ToolUseBlock call = answer.content().getFirst().asToolUse();
      assertThat(call.name()).isEqualTo("weather");
      assertThat(call._input()).hasToString("{city=Bern}");
      ToolResultBlockParam result =
          ToolResultBlockParam.builder().toolUseId(call.id()).content("rain").build();
      client(server)
          .messages()
          .create(
              params
                  .addMessage(answer)
                  .addUserMessageOfContentBlockParams(
                      List.of(ContentBlockParam.ofToolResult(result)))
                  .build())
          .validate();
      assertThat(model.lastPrompt().messages())
          .extracting(message -> message.get("role"))
          .containsExactly("system", "user", "assistant", "tool");
    }
  }

  @Test
  void leavingAStreamEarlyStopsTheGeneration() throws Exception {
    FakeModel model = FakeModel.slow(Duration.ofMillis(20), 10_000);
    try (TestServer server = TestServer.with(model)) {
      try (StreamResponse<RawMessageStreamEvent> stream =
          client(server).messages().createStreaming(hello().build())) {
        assertThat(stream.stream().limit(4)).hasSize(4);
      }
      assertThat(model.awaitAbort()).isTrue();
    }
  }

  @Test
  void countsTokens() {
    try (TestServer server = TestServer.with(FakeModel.saying("x"))) {
      MessageCountTokensParams params =
          MessageCountTokensParams.builder()
              .model(TestServer.NAME)
              .system("Be brief.")
              .addUserMessage("Hello!")
              .build();
      assertThat(client(server).messages().countTokens(params).inputTokens()).isEqualTo(3);
    }
  }

  @Test
  void mapsErrorsToItsExceptions() {
    try (TestServer server = TestServer.with(FakeModel.failing(0, "a"))) {
      var messages = client(server).messages();
      assertThatThrownBy(() -> messages.create(hello().model("gpt-9").build()))
          .isInstanceOf(NotFoundException.class)
          .hasMessageContaining("The model `gpt-9` does not exist.");
      assertThatThrownBy(() -> messages.create(hello().maxTokens(0).build()))
          .isInstanceOf(BadRequestException.class)
          .hasMessageContaining("max_tokens");
      assertThatThrownBy(() -> messages.createStreaming(hello().build()))
          .isInstanceOf(InternalServerException.class)
          .hasMessageContaining("matrix 3 caught fire");
    }
  }

  @Test
  void aFailureOnTheWayEndsTheStream() {
    try (TestServer server = TestServer.with(FakeModel.failing(1, "a", "b"));
        StreamResponse<RawMessageStreamEvent> stream =
            client(server).messages().createStreaming(hello().build())) {
      assertThatThrownBy(() -> stream.stream().forEach(event -> {}))
          .isInstanceOf(SseException.class)
          .hasMessageContaining("matrix 3 caught fire");
    }
  }
}
