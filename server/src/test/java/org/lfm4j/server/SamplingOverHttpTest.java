package org.lfm4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import java.io.ByteArrayOutputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lfm4j.LoadOptions;
import org.lfm4j.server.generation.PromptLogprobs;
import org.lfm4j.server.http.Json;
import tools.jackson.databind.JsonNode;

/** Every way to choose tokens, asked for over HTTP and done by the demo model. */
@Timeout(60)
class SamplingOverHttpTest {
  private static final String QUESTION = "What is 37 + 48?";
  private static final String GREEDY = ",\"temperature\":0,\"repetition_penalty\":1";

  private static Demo demo;

  @BeforeAll
  static void start() {
    demo = new Demo(LoadOptions.DEFAULT);
  }

  @AfterAll
  static void stop() {
    demo.close();
  }

  private static int[] ids(String text) {
    return demo.model.tokenizer().encode(text, false);
  }

  @Test
  void samplesAreDifferentAndRepeatable() {
    String story = "Tell me a story about a cat.";
    String sampled = ",\"temperature\":1.2,\"seed\":5,\"max_tokens\":24";
    List<String> three = demo.texts(story, sampled + ",\"n\":3");
    assertThat(three).hasSize(3).doesNotHaveDuplicates();
    assertThat(demo.texts(story, sampled + ",\"n\":3")).isEqualTo(three);
    assertThat(demo.streamed(story, sampled + ",\"n\":3", 3)).isEqualTo(three);
    assertThat(demo.text(story, sampled)).isEqualTo(three.getFirst());
  }

  @Test
  void usageCountsAllSamples() {
    JsonNode body = demo.ask(QUESTION, ",\"n\":3,\"max_tokens\":5,\"ignore_eos\":true");
    assertThat(body.at("/choices/2/index").asInt()).isEqualTo(2);
    assertThat(body.at("/usage/completion_tokens").asInt()).isEqualTo(15);
    assertThat(body.at("/usage/total_tokens").asInt())
        .isEqualTo(15 + body.at("/usage/prompt_tokens").asInt());
  }

  @Test
  void greedyTokensAreTheLikeliest() {
    JsonNode choice =
        demo.ask(QUESTION, GREEDY + ",\"logprobs\":true,\"top_logprobs\":4").at("/choices/0");
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    assertThat(choice.at("/logprobs/content").size()).isPositive();
    for (JsonNode token : choice.at("/logprobs/content")) {
      assertThat(token.path("top_logprobs").size()).isEqualTo(4);
      assertThat(token.at("/top_logprobs/0/bytes")).isEqualTo(token.path("bytes"));
      assertThat(token.at("/top_logprobs/0/logprob")).isEqualTo(token.path("logprob"));
      double mass = 0;
      for (JsonNode top : token.path("top_logprobs")) {
        mass += Math.exp(top.path("logprob").asDouble());
      }
      assertThat(mass).isBetween(0.0, 1.0001);
      token.path("bytes").forEach(b -> bytes.write(b.asInt()));
    }
    assertThat(bytes.toString(StandardCharsets.UTF_8))
        .isEqualTo(choice.at("/message/content").asString());
  }

  @Test
  void streamsTheSameLogprobs() {
    String fields = GREEDY + ",\"logprobs\":true,\"top_logprobs\":2";
    List<JsonNode> streamed =
        demo.post(QUESTION, ",\"stream\":true" + fields)
            .body()
            .lines()
            .filter(line -> line.startsWith("data: {"))
            .map(line -> Json.MAPPER.readTree(line.substring("data: ".length())))
            .flatMap(event -> event.at("/choices/0/logprobs/content").valueStream())
            .toList();
    assertThat(streamed)
        .isEqualTo(
            demo.ask(QUESTION, fields).at("/choices/0/logprobs/content").valueStream().toList());
  }

  @Test
  void theWholeVocabularyCanBeAskedForFewTokens() {
    String all = GREEDY + ",\"logprobs\":true,\"top_logprobs\":-1,\"max_tokens\":";
    JsonNode top = demo.ask(QUESTION, all + 1).at("/choices/0/logprobs/content/0/top_logprobs");
    double mass = 0;
    for (JsonNode token : top) {
      mass += Math.exp(token.path("logprob").asDouble());
    }
    assertThat(top.size()).isEqualTo(demo.model.config().vocabSize());
    assertThat(mass).isCloseTo(1, within(1e-3));
    HttpResponse<String> tooMany = demo.post(QUESTION, all + 1000);
    assertThat(tooMany.statusCode()).isEqualTo(400);
    assertThat(TestServer.json(tooMany).at("/error/param").asString()).isEqualTo("top_logprobs");
  }

  @Test
  void impossibleTokensHaveALogprobThatJsonCanHold() {
    assertThat(PromptLogprobs.finite(Float.NEGATIVE_INFINITY)).isEqualTo(-9999f);
  }

  @Test
  void promptTokensHaveLogprobsToo() {
    JsonNode body = demo.ask(QUESTION, ",\"max_tokens\":1,\"prompt_logprobs\":2");
    JsonNode prompt = body.path("prompt_logprobs");
    assertThat(prompt.size()).isEqualTo(body.at("/usage/prompt_tokens").asInt());
    assertThat(prompt.get(0).isNull()).isTrue();
    for (int i = 1; i < prompt.size(); i++) {
      assertThat(prompt.get(i).size()).isBetween(2, 3);
      prompt
          .get(i)
          .forEachEntry((id, token) -> {
            assertThat(token.path("decoded_token").asString())
                .isEqualTo(demo.model.tokenizer().token(Integer.parseInt(id)));
            assertThat(token.path("rank").asInt()).isPositive();
          });
    }
  }

  @Test
  void biasAndAllowedIdsDecide() {
    int id = ids("85")[0];
    String token = demo.model.tokenizer().token(id);
    String three = GREEDY + ",\"max_tokens\":3";
    assertThat(demo.text(QUESTION, three + ",\"logit_bias\":{\"%d\":100}".formatted(id)))
        .isEqualTo(token.repeat(3));
    assertThat(demo.text(QUESTION, three + ",\"allowed_token_ids\":[%d]".formatted(id)))
        .isEqualTo(token.repeat(3));
  }

  @Test
  void badWordsDoNotCome() {
    assertThat(demo.text(QUESTION, GREEDY)).contains("85");
    assertThat(demo.text(QUESTION, GREEDY + ",\"max_tokens\":20,\"bad_words\":[\"85\"]"))
        .isNotEmpty()
        .doesNotContain("85");
  }

  @Test
  void stopIdsEndTheAnswerOnceItIsLongEnough() {
    int[] tokens = ids(demo.text(QUESTION, GREEDY));
    String stop = GREEDY + ",\"max_tokens\":30,\"stop_token_ids\":[%d]".formatted(tokens[2]);
    JsonNode stopped = demo.ask(QUESTION, stop);
    assertThat(stopped.at("/choices/0/finish_reason").asString()).isEqualTo("stop");
    assertThat(stopped.at("/usage/completion_tokens").asInt()).isEqualTo(3);
    assertThat(
            demo.ask(QUESTION, stop + ",\"min_tokens\":9").at("/usage/completion_tokens").asInt())
        .isGreaterThanOrEqualTo(9);
  }

  @Test
  void penaltiesChangeTheText() {
    String long40 = GREEDY + ",\"ignore_eos\":true,\"max_tokens\":40";
    String plain = demo.text(QUESTION, long40);
    assertThat(demo.text(QUESTION, long40 + ",\"frequency_penalty\":2")).isNotEqualTo(plain);
    assertThat(demo.text(QUESTION, long40 + ",\"presence_penalty\":2")).isNotEqualTo(plain);
  }

  @Test
  void cachedTokensAreCountedAndSaltKeepsThemApart() {
    String question = "Please add these for me. ".repeat(20) + QUESTION;
    String salted = ",\"max_tokens\":1,\"cache_salt\":\"%s\"";
    JsonNode first = demo.ask(question, salted.formatted("a"));
    JsonNode again = demo.ask(question, salted.formatted("a"));
    JsonNode other = demo.ask(question, salted.formatted("b"));
    String cached = "/usage/prompt_tokens_details/cached_tokens";
    assertThat(first.at(cached).asInt()).isZero();
    assertThat(other.at(cached).asInt()).isZero();
    assertThat(again.at(cached).asInt())
        .isPositive()
        .isLessThan(again.at("/usage/prompt_tokens").asInt());
  }

  @Test
  void theOfficialClientReadsChoicesLogprobsAndUsage() {
    OpenAIClient client =
        OpenAIOkHttpClient.builder()
            .baseUrl(demo.server.base() + "/v1")
            .apiKey("unused")
            .maxRetries(0)
            .build();
    try {
      ChatCompletion answer =
          client
              .chat()
              .completions()
              .create(
                  ChatCompletionCreateParams.builder()
                      .model(TestServer.NAME)
                      .addUserMessage(QUESTION)
                      .n(2)
                      .logprobs(true)
                      .topLogprobs(3)
                      .maxCompletionTokens(6)
                      .build());
      answer.validate();
      assertThat(answer.choices()).hasSize(2);
      assertThat(answer.choices().get(1).index()).isEqualTo(1);
      assertThat(answer.choices().get(1).logprobs().orElseThrow().content().orElseThrow())
          .hasSize(6)
          .allSatisfy(token -> assertThat(token.topLogprobs()).hasSize(3));
      assertThat(answer.usage().orElseThrow().completionTokens()).isEqualTo(12);
    } finally {
      client.close();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "logit_bias": {"1000000": 1}   | logit_bias        | logit_bias must be of token ids in
          "allowed_token_ids": [1000000] | allowed_token_ids | allowed_token_ids must be of token ids in
          """)
  void idsBeyondTheVocabularyAreNamed(String fields, String param, String message) {
    HttpResponse<String> response = demo.post(QUESTION, "," + fields);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
    JsonNode error = TestServer.json(response).path("error");
    assertThat(error.path("message").asString()).startsWith(message);
    assertThat(error.path("param").asString()).isEqualTo(param);
  }

  @Test
  void wishesThatLeaveNoTokenAreTheClientsFault() throws Exception {
    HttpResponse<String> none =
        demo.post("Hi.", ",\"guided_choice\":[\"yes\"],\"allowed_token_ids\":[20]");
    assertThat(none.statusCode()).isEqualTo(400);
    assertThat(none.body()).contains("no token is left to choose");
  }

  @Test
  void aBiasBeyondAFloatIsTheLargest() throws Exception {
    HttpResponse<String> biased =
        demo.post("Hi.", ",\"max_tokens\":1,\"logit_bias\":{\"20\":1e300}");
    assertThat(biased.statusCode()).isEqualTo(200);
  }

  @Test
  void anUnknownFieldMayHaveAnyName() throws Exception {
    HttpResponse<String> answer = demo.post("Hi.", ",\"max_tokens\":1,\" a\":1,\"b \":2");
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("x-lfm-ignored-fields")).hasValue("?a, b?");
  }
}
