package org.lfm4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.InternalServerException;
import com.openai.errors.NotFoundException;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.responses.FunctionTool;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseFunctionToolCall;
import com.openai.models.responses.ResponseInputItem;
import com.openai.models.responses.ResponseStatus;
import com.openai.models.responses.ResponseStreamEvent;
import com.openai.models.responses.WebSearchTool;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The Responses API of OpenAI's own Java client against the real server. */
class OpenAiResponsesTest {
  private final List<OpenAIClient> clients = new ArrayList<>();

  @AfterEach
  void close() {
    clients.forEach(OpenAIClient::close);
  }

  private OpenAIClient client(TestServer server) {
    OpenAIClient client =
        OpenAIOkHttpClient.builder()
            .baseUrl(server.base() + "/v1")
            .apiKey("unused")
            .maxRetries(0)
            .timeout(Duration.ofSeconds(20))
            .build();
    clients.add(client);
    return client;
  }

  private static ResponseCreateParams.Builder hello() {
    return ResponseCreateParams.builder()
        .model(TestServer.NAME)
        .instructions("Be brief.")
        .input("Hello!");
  }

  static String text(Response response) {
    return response.output().stream()
        .flatMap(item -> item.message().stream())
        .flatMap(message -> message.content().stream())
        .flatMap(part -> part.outputText().stream())
        .map(part -> part.text())
        .collect(Collectors.joining());
  }

  @Test
  void answers() {
    try (TestServer server = TestServer.with(FakeModel.saying("Good ", "day."))) {
      Response answer =
          client(server).responses().create(hello().maxOutputTokens(50).store(true).build());
      answer.validate();
      assertThat(text(answer)).isEqualTo("Good day.");
      assertThat(answer.status()).contains(ResponseStatus.COMPLETED);
      assertThat(answer.usage().orElseThrow().inputTokens()).isEqualTo(3);
      assertThat(answer.usage().orElseThrow().outputTokens()).isEqualTo(2);
    }
  }

  @Test
  void streamsTheSameAnswer() {
    try (TestServer server = TestServer.with(FakeModel.saying("Good ", "day", "."))) {
      ResponseAccumulator accumulator = ResponseAccumulator.createWithSnapshots();
      StringBuilder text = new StringBuilder();
      try (StreamResponse<ResponseStreamEvent> stream =
          client(server).responses().createStreaming(hello().build())) {
        stream.stream()
            .peek(ResponseStreamEvent::validate)
            .peek(event -> event.outputTextDelta().ifPresent(delta -> text.append(delta.delta())))
            .forEach(accumulator::accumulate);
      }
      assertThat(text).hasToString("Good day.");
      assertThat(text(accumulator.response())).isEqualTo("Good day.");
      assertThat(text(accumulator.reconstructedResponse())).isEqualTo("Good day.");
      assertThat(accumulator.response().usage().orElseThrow().totalTokens()).isEqualTo(6);
    }
  }

  @Test
  void callsTools() {
    FakeModel model =
        FakeModel.saying("<|tool_call_start|>[weather(city='Bern')]<|tool_call_end|>");
    try (TestServer server = TestServer.with(model)) {
      FunctionTool weather =
          FunctionTool.builder()
              .name("weather")
              .description("Tells the weather")
              .parameters(
                  FunctionTool.Parameters.builder()
                      .putAdditionalProperty("type", JsonValue.from("object"))
                      .build())
              .strict(false)
              .build();
      ResponseCreateParams.Builder params = hello().addTool(weather);
      Response answer = client(server).responses().create(params.build());
      answer.validate();
      ResponseFunctionToolCall call = answer.output().getFirst().asFunctionCall();
      assertThat(call.name()).isEqualTo("weather");
      assertThat(call.arguments()).isEqualTo("{\"city\": \"Bern\"}");
      ResponseInputItem.FunctionCallOutput result =
          ResponseInputItem.FunctionCallOutput.builder()
              .callId(call.callId())
              .output("rain")
              .build();
      client(server)
          .responses()
          .create(
              params
                  .inputOfResponse(
                      List.of(
                          ResponseInputItem.ofFunctionCall(call),
                          ResponseInputItem.ofFunctionCallOutput(result)))
                  .build())
          .validate();
      assertThat(model.lastPrompt().messages())
          .extracting(message -> message.get("role"))
          .containsExactly("system", "assistant", "tool");
    }
  }

  @Test
  void leavingAStreamEarlyStopsTheGeneration() throws Exception {
    FakeModel model = FakeModel.slow(Duration.ofMillis(20), 10_000);
    try (TestServer server = TestServer.with(model)) {
      try (StreamResponse<ResponseStreamEvent> stream =
          client(server).responses().createStreaming(hello().build())) {
        assertThat(stream.stream().limit(6)).hasSize(6);
      }
      assertThat(model.awaitAbort()).isTrue();
    }
  }

  @Test
  void mapsErrorsToItsExceptions() {
    try (TestServer server = TestServer.with(FakeModel.failing(0, "a"))) {
      var responses = client(server).responses();
      assertThatThrownBy(() -> responses.create(hello().model("gpt-9").build()))
          .isInstanceOf(NotFoundException.class)
          .hasMessageContaining("The model `gpt-9` does not exist.");
      assertThatThrownBy(() -> responses.create(hello().previousResponseId("resp_1").build()))
          .isInstanceOf(BadRequestException.class)
          .hasMessageContaining("stores no responses");
      WebSearchTool search = WebSearchTool.builder().type(WebSearchTool.Type.WEB_SEARCH).build();
      assertThatThrownBy(() -> responses.create(hello().addTool(search).build()))
          .isInstanceOf(BadRequestException.class)
          .hasMessageContaining("web_search");
      assertThatThrownBy(() -> responses.create(hello().build()))
          .isInstanceOf(InternalServerException.class)
          .hasMessageContaining("matrix 3 caught fire");
    }
  }

  @Test
  void aFailureOnTheWayIsAnEvent() {
    try (TestServer server = TestServer.with(FakeModel.failing(1, "a", "b"));
        StreamResponse<ResponseStreamEvent> stream =
            client(server).responses().createStreaming(hello().build())) {
      List<ResponseStreamEvent> failures = stream.stream().filter(e -> e.isFailed()).toList();
      assertThat(failures).hasSize(1);
      assertThat(failures.getFirst().asFailed().response().error().orElseThrow().message())
          .contains("matrix 3 caught fire");
    }
  }
}
