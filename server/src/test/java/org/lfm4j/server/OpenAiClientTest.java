package org.lfm4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.InternalServerException;
import com.openai.errors.NotFoundException;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.models.Model;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The official Java client against the real server. */
class OpenAiClientTest {

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

  private static ChatCompletionCreateParams.Builder hello() {
    return ChatCompletionCreateParams.builder()
        .model(TestServer.NAME)
        .addSystemMessage("Be brief.")
        .addUserMessage("Hello!");
  }

  @Test
  @SuppressWarnings("deprecation") // seed: deprecated by OpenAI, kept by everybody else
  void chats() {
    FakeModel model = FakeModel.saying("Good ", "day.");
    try (TestServer server = TestServer.with(model)) {
      OpenAIClient client = client(server);
      ChatCompletion answer =
          client
              .chat()
              .completions()
              .create(hello().temperature(0.1).seed(7).maxCompletionTokens(50).stop("END").build());
      answer.validate();
      assertThat(answer.choices().getFirst().message().content()).contains("Good day.");
      assertThat(answer.choices().getFirst().finishReason())
          .isEqualTo(ChatCompletion.Choice.FinishReason.STOP);
      assertThat(answer.usage().orElseThrow().promptTokens()).isEqualTo(3);
      assertThat(answer.usage().orElseThrow().completionTokens()).isEqualTo(2);
      assertThat(answer.usage().orElseThrow().promptTokensDetails().orElseThrow().cachedTokens())
          .contains(0L);
      assertThat(model.lastRequest().sampling().seed()).hasValue(7);
      assertThat(model.lastRequest().stop()).containsExactly("END");
    }
  }

  @Test
  void streamsTheSameTextWithUsage() {
    try (TestServer server = TestServer.with(FakeModel.saying("Good ", "day", "."))) {
      OpenAIClient client = client(server);
      ChatCompletionAccumulator accumulator = ChatCompletionAccumulator.create();
      ChatCompletionCreateParams params =
          hello()
              .streamOptions(ChatCompletionStreamOptions.builder().includeUsage(true).build())
              .build();
      try (StreamResponse<ChatCompletionChunk> stream =
          client.chat().completions().createStreaming(params)) {
        stream.stream().peek(ChatCompletionChunk::validate).forEach(accumulator::accumulate);
      }
      ChatCompletion whole = accumulator.chatCompletion();
      assertThat(whole.choices().getFirst().message().content()).contains("Good day.");
      assertThat(whole.usage().orElseThrow().totalTokens()).isEqualTo(6);
    }
  }

  @Test
  void streamsWhateverTheClientSaysItAccepts() {
    try (TestServer server = TestServer.with(FakeModel.saying("a", "b"))) {
      OpenAIClient client = client(server);
      ChatCompletionCreateParams params =
          hello().putAdditionalHeader("Accept", "application/json").build();
      try (StreamResponse<ChatCompletionChunk> stream =
          client.chat().completions().createStreaming(params)) {
        assertThat(stream.stream()).hasSize(4);
      }
    }
  }

  @Test
  void leavingAStreamEarlyStopsTheGeneration() throws Exception {
    FakeModel model = FakeModel.slow(Duration.ofMillis(20), 10_000);
    try (TestServer server = TestServer.with(model)) {
      OpenAIClient client = client(server);
      try (StreamResponse<ChatCompletionChunk> stream =
          client.chat().completions().createStreaming(hello().build())) {
        assertThat(stream.stream().limit(3)).hasSize(3);
      }
      assertThat(model.awaitAbort()).isTrue();
    }
  }

  @Test
  void mapsErrorsToItsExceptions() {
    try (TestServer server = TestServer.with(FakeModel.failing(0, "a"))) {
      OpenAIClient client = client(server);
      var completions = client.chat().completions();
      assertThatThrownBy(() -> completions.create(hello().model("gpt-9").build()))
          .isInstanceOf(NotFoundException.class)
          .hasMessageContaining("The model `gpt-9` does not exist.");
      assertThatThrownBy(() -> completions.create(hello().temperature(3.0).build()))
          .isInstanceOf(BadRequestException.class)
          .hasMessageContaining("temperature must be in [0, 2], got 3.0");
      assertThatThrownBy(() -> completions.createStreaming(hello().n(0).build()))
          .isInstanceOf(BadRequestException.class)
          .hasMessageContaining("n must be in [1, 128]");
      assertThatThrownBy(() -> completions.create(hello().build()))
          .isInstanceOf(InternalServerException.class)
          .hasMessageContaining("matrix 3 caught fire");
    }
  }

  @Test
  void aLoadingServerIsAnErrorThatPasses() {
    try (TestServer server = TestServer.loading()) {
      OpenAIClient client = client(server);
      assertThatThrownBy(() -> client.chat().completions().create(hello().build()))
          .isInstanceOf(InternalServerException.class)
          .hasMessageContaining("not ready yet");
      server.served.ready(FakeModel.saying("x"));
      assertThat(client.chat().completions().create(hello().build()).choices()).hasSize(1);
    }
  }

  @Test
  void listsModels() {
    try (TestServer server = TestServer.with(FakeModel.saying("x"))) {
      OpenAIClient client = client(server);
      List<String> ids = client.models().list().data().stream().map(Model::id).toList();
      assertThat(ids).containsExactly(TestServer.NAME, TestServer.ALIAS);
      assertThat(client.models().retrieve(TestServer.ALIAS).id()).isEqualTo(TestServer.ALIAS);
    }
  }
}
