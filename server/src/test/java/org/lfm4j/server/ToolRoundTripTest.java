package org.lfm4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.FunctionDefinition;
import com.openai.models.FunctionParameters;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionMessageFunctionToolCall;
import com.openai.models.chat.completions.ChatCompletionToolMessageParam;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.lfm4j.LoadOptions;
import org.lfm4j.server.http.Json;
import tools.jackson.databind.JsonNode;

/** The demo model calls a tool, gets its result and answers, through OpenAI's own client. */
@Timeout(120)
class ToolRoundTripTest {
  private static Demo demo;
  private static OpenAIClient client;

  @BeforeAll
  static void start() {
    demo = new Demo(LoadOptions.DEFAULT);
    client =
        OpenAIOkHttpClient.builder()
            .baseUrl(demo.server.base() + "/v1")
            .apiKey("unused")
            .maxRetries(0)
            .timeout(Duration.ofSeconds(60))
            .build();
  }

  @AfterAll
  static void stop() {
    client.close();
    demo.close();
  }

  private static ChatCompletion whole(ChatCompletionCreateParams params) {
    ChatCompletion answer = client.chat().completions().create(params);
    answer.validate();
    return answer;
  }

  private static ChatCompletion streamed(ChatCompletionCreateParams params) {
    ChatCompletionAccumulator accumulator = ChatCompletionAccumulator.create();
    try (StreamResponse<ChatCompletionChunk> stream =
        client.chat().completions().createStreaming(params)) {
      stream.stream().peek(ChatCompletionChunk::validate).forEach(accumulator::accumulate);
    }
    return accumulator.chatCompletion();
  }

  @Test
  void whole() {
    goesRound(ToolRoundTripTest::whole);
  }

  @Test
  void streamed() {
    goesRound(ToolRoundTripTest::streamed);
  }

  private static void goesRound(Function<ChatCompletionCreateParams, ChatCompletion> ask) {
    ChatCompletionCreateParams.Builder params =
        ChatCompletionCreateParams.builder()
            .model(TestServer.NAME)
            .temperature(0)
            .addFunctionTool(weather())
            .addUserMessage("What is the weather in Bern?");
    ChatCompletion.Choice first = ask.apply(params.build()).choices().getFirst();
    assertThat(first.finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.TOOL_CALLS);
    assertThat(first.message().content().orElse("")).isEmpty();
    ChatCompletionMessageFunctionToolCall call =
        first.message().toolCalls().orElseThrow().getFirst().asFunction();
    assertThat(call.id()).startsWith("chatcmpl-tool-");
    assertThat(call.function().name()).isEqualTo("get_weather");
    assertThat(call.function().arguments()).isEqualTo("{\"city\": \"Bern\"}");

    params.addMessage(first.message());
    params.addMessage(
        ChatCompletionToolMessageParam.builder()
            .toolCallId(call.id())
            .content("{\"temperature\": 21, \"condition\": \"sunny\"}")
            .build());
    ChatCompletion.Choice last = ask.apply(params.build()).choices().getFirst();
    assertThat(last.finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.STOP);
    assertThat(last.message().content().orElse("")).contains("Bern", "21", "sunny");
    assertThat(last.message().toolCalls().orElse(List.of())).isEmpty();
  }

  private static FunctionDefinition weather() {
    return FunctionDefinition.builder()
        .name("get_weather")
        .description("Get the weather of a city.")
        .parameters(
            FunctionParameters.builder()
                .putAdditionalProperty("type", JsonValue.from("object"))
                .putAdditionalProperty(
                    "properties", JsonValue.from(Map.of("city", Map.of("type", "string"))))
                .putAdditionalProperty("required", JsonValue.from(List.of("city")))
                .build())
        .build();
  }

  @Test
  void everyTokenHasItsLogprobOnce() {
    String tool =
        "{\"type\":\"function\",\"function\":{\"name\":\"get_weather\",\"parameters\":{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}}}}}";
    String more = ",\"temperature\":0,\"logprobs\":true,\"tools\":[" + tool + "]";
    String question = "What is the weather in Bern?";
    JsonNode answer = demo.ask(question, more);
    StringBuilder text = new StringBuilder();
    answer
        .at("/choices/0/logprobs/content")
        .forEach(token -> text.append(token.get("token").stringValue()));
    assertThat(text.toString()).startsWith("<|tool_call_start|>[").endsWith("]<|tool_call_end|>");
    StringBuilder streamed = new StringBuilder();
    for (String line : demo.post(question, ",\"stream\":true" + more).body().lines().toList()) {
      if (line.startsWith("data: {")) {
        Json.MAPPER
            .readTree(line.substring(6))
            .at("/choices/0/logprobs/content")
            .forEach(token -> streamed.append(token.get("token").stringValue()));
      }
    }
    assertThat(streamed.toString()).isEqualTo(text.toString());
  }
}
