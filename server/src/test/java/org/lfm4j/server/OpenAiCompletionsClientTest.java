package org.lfm4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.models.completions.Completion;
import com.openai.models.completions.CompletionChoice;
import com.openai.models.completions.CompletionCreateParams;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The official Java client's completions against the real server and the demo model. */
@Timeout(60)
class OpenAiCompletionsClientTest {
  private static Demo demo;
  private static OpenAIClient client;

  @BeforeAll
  static void start() {
    demo = Demo.small(256);
    client =
        OpenAIOkHttpClient.builder()
            .baseUrl(demo.server.base() + "/v1")
            .apiKey("unused")
            .maxRetries(0)
            .timeout(Duration.ofSeconds(20))
            .build();
  }

  @AfterAll
  static void stop() {
    client.close();
    demo.close();
  }

  private static CompletionCreateParams.Builder params() {
    return CompletionCreateParams.builder().model(TestServer.NAME).temperature(0);
  }

  @Test
  void completesTextWithLogprobs() {
    Completion answer =
        client
            .completions()
            .create(params().prompt("The sun is").maxTokens(4).logprobs(1).echo(true).build());
    CompletionChoice choice = answer.choices().getFirst();
    assertThat(choice.text()).startsWith("The sun is");
    CompletionChoice.Logprobs logprobs = choice.logprobs().orElseThrow();
    int tokens = logprobs.tokens().orElseThrow().size();
    assertThat(tokens).isEqualTo((int) answer.usage().orElseThrow().totalTokens());
    assertThat(logprobs.textOffset().orElseThrow()).hasSize(tokens).isSorted();
  }

  @Test
  void completesSeveralPromptsAtOnce() {
    Completion answer =
        client
            .completions()
            .create(
                params().promptOfArrayOfStrings(List.of("One", "Two")).n(2).maxTokens(3).build());
    answer.validate();
    assertThat(answer.choices())
        .extracting(CompletionChoice::index)
        .containsExactly(0L, 1L, 2L, 3L);
  }

  @Test
  void streamsTheSameText() {
    CompletionCreateParams params = params().prompt("The sun is").maxTokens(8).build();
    String whole = client.completions().create(params).choices().getFirst().text();
    try (StreamResponse<Completion> stream = client.completions().createStreaming(params)) {
      assertThat(
              stream.stream()
                  .map(chunk -> chunk.choices().getFirst().text())
                  .collect(Collectors.joining()))
          .isEqualTo(whole);
    }
  }

  @Test
  void namesWhatIsWrong() {
    assertThatThrownBy(() -> client.completions().create(params().prompt("a").suffix("b").build()))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("suffix is not supported");
  }
}
