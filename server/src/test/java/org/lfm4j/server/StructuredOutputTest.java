package org.lfm4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lfm4j.LoadOptions;
import org.lfm4j.server.http.Json;
import tools.jackson.databind.JsonNode;

/** Answers of a given shape, asked for over HTTP and given by the demo model. */
@Timeout(60)
class StructuredOutputTest {
  private static final String QUESTION = "Who is Ada?";
  private static final String SCHEMA =
      """
      {"type":"object","properties":{"name":{"type":"string","maxLength":12},
       "age":{"type":"integer","minimum":1,"maximum":99},"likes":{"enum":["tea","coffee"]}},
       "required":["name","age","likes"]}\
      """;
  private static final String LIMITS = ",\"seed\":3,\"max_tokens\":200";

  private static Demo demo;

  @BeforeAll
  static void start() {
    demo = new Demo(LoadOptions.DEFAULT);
  }

  @AfterAll
  static void stop() {
    demo.close();
  }

  private static void checkSchema(String text) {
    JsonNode value = Json.MAPPER.readTree(text);
    assertThat(
            SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(Json.MAPPER.readTree(SCHEMA))
                .validate(value))
        .as(text)
        .isEmpty();
  }

  @Test
  void anAnswerFollowsAJsonSchema() {
    String format =
        ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"p\",\"strict\":true,\"schema\":%s}}"
            .formatted(SCHEMA);
    checkSchema(demo.text(QUESTION, format + LIMITS));
    List<String> warm = demo.texts(QUESTION, format + LIMITS + ",\"temperature\":1.5,\"n\":3");
    warm.forEach(StructuredOutputTest::checkSchema);
    assertThat(demo.streamed(QUESTION, format + LIMITS + ",\"temperature\":1.5,\"n\":3", 3))
        .isEqualTo(warm);
  }

  @Test
  void completionsResponsesAndMessagesFollowASchemaToo() {
    String format = "{\"type\":\"json_schema\",%s\"schema\":%s%s}";
    String flat = format.formatted("\"name\":\"p\",", SCHEMA, "");
    String wrapped = format.formatted("\"json_schema\":{\"name\":\"p\",", SCHEMA, "}");
    checkSchema(
        answer(
            "/v1/completions",
            "{\"prompt\":\"Ada:\",\"temperature\":0,\"max_tokens\":200,\"response_format\":%s}"
                .formatted(wrapped),
            "/choices/0/text"));
    checkSchema(
        answer(
            "/v1/completions",
            "{\"prompt\":\"Ada:\",\"temperature\":0,\"max_tokens\":200,\"guided_json\":%s}"
                .formatted(SCHEMA),
            "/choices/0/text"));
    checkSchema(
        answer(
            "/v1/responses",
            "{\"input\":\"%s\",\"temperature\":0,\"text\":{\"format\":%s}}"
                .formatted(QUESTION, flat),
            "/output/0/content/0/text"));
    checkSchema(
        answer(
            "/v1/messages",
            "{\"max_tokens\":200,\"temperature\":0,\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}],\"output_config\":{\"format\":%s}}"
                .formatted(QUESTION, flat),
            "/content/0/text"));
  }

  private static String answer(String path, String body, String pointer) {
    HttpResponse<String> response = demo.server.send("POST", path, body);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return TestServer.json(response).at(pointer).asString();
  }

  @Test
  void vllmsWordsAndItsFormerOnesMeanTheSame() {
    String text =
        demo.text(QUESTION, ",\"structured_outputs\":{\"json\":%s}".formatted(SCHEMA) + LIMITS);
    checkSchema(text);
    assertThat(demo.text(QUESTION, ",\"guided_json\":%s".formatted(SCHEMA) + LIMITS))
        .isEqualTo(text);
    String quoted = Json.MAPPER.writeValueAsString(SCHEMA);
    assertThat(demo.text(QUESTION, ",\"guided_json\":%s".formatted(quoted) + LIMITS))
        .isEqualTo(text);
  }

  @Test
  void jsonModeGivesAnObject() {
    String text =
        demo.text(
            QUESTION,
            ",\"response_format\":{\"type\":\"json_object\"},\"logit_bias\":{\"%d\":9}"
                    .formatted(demo.model.tokenizer().id("}").orElseThrow())
                + LIMITS);
    assertThat(Json.MAPPER.readTree(text).isObject()).isTrue();
  }

  @Test
  void regexChoiceAndGrammarBindTheAnswer() {
    assertThat(demo.text(QUESTION, ",\"structured_outputs\":{\"regex\":\"[A-Z][a-z]{2,9}!\"}"))
        .matches("[A-Z][a-z]{2,9}!");
    assertThat(demo.text(QUESTION, ",\"guided_choice\":[\"a cat\",\"a mathematician\"]"))
        .isIn("a cat", "a mathematician");
    assertThat(
            demo.text(QUESTION, ",\"guided_grammar\":\"root ::= \\\"(\\\" [0-9]{1,3} \\\")\\\"\""))
        .matches("\\([0-9]{1,3}\\)");
    assertThat(demo.text(QUESTION, ",\"response_format\":{\"type\":\"text\"}")).isNotEmpty();
  }

  @Test
  void logprobsStayThoseOfTheModel() {
    JsonNode choice =
        demo.ask(QUESTION, ",\"guided_choice\":[\"xq\"],\"logprobs\":true,\"top_logprobs\":3")
            .at("/choices/0");
    assertThat(choice.at("/message/content").asString()).isEqualTo("xq");
    assertThat(choice.path("finish_reason").asString()).isEqualTo("stop");
    JsonNode first = choice.at("/logprobs/content/0");
    assertThat(first.path("logprob").asDouble())
        .isLessThan(first.at("/top_logprobs/0/logprob").asDouble());
  }

  @Test
  void theGrammarEndsTheAnswerWhateverElseIsAsked() {
    String more = ",\"guided_choice\":[\"yes\",\"no\"],\"ignore_eos\":true,\"min_tokens\":30";
    assertThat(demo.text(QUESTION, more)).isIn("yes", "no");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'\"response_format\":{\"type\":\"xml\"}' | response_format.type | json_schema",
        "'\"response_format\":{\"type\":\"json_schema\"}' | response_format.json_schema | schema",
        "'\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"schema\":{\"contains\":{}}}}' | response_format.json_schema.schema | contains",
        "'\"guided_regex\":\"(a\"' | guided_regex | needs )",
        "'\"guided_regex\":\"a\",\"guided_choice\":[\"b\"]' | '' | only use one kind",
        "'\"structured_outputs\":{\"regex\":\"a\",\"choice\":[\"b\"]}' | structured_outputs.choice | only use one kind",
        "'\"response_format\":{\"type\":\"json_object\"},\"guided_regex\":\"a\"' | response_format.type | only use one kind",
        "'\"structured_outputs\":{}' | structured_outputs | must have one of",
        "'\"structured_outputs\":{\"structural_tag\":{}}' | structured_outputs.structural_tag | not supported",
        "'\"guided_choice\":[]' | guided_choice | at least one",
        "'\"guided_choice\":[1]' | guided_choice | strings",
        "'\"guided_json\":3' | guided_json | JSON schema",
        "'\"guided_grammar\":\"root = x\"' | guided_grammar | ::=",
        "'\"guided_json\":{\"properties\":{\"a\":{\"uniqueItems\":true}}}' | guided_json | #/properties/a",
      })
  void badGrammarsAreRefusedByField(String field, String param, String reason) {
    HttpResponse<String> response = demo.post(QUESTION, "," + field);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
    JsonNode error = TestServer.json(response).path("error");
    assertThat(error.path("message").asString()).contains(reason);
    if (!param.isEmpty()) {
      assertThat(error.path("param").asString()).isEqualTo(param);
    }
  }
}
