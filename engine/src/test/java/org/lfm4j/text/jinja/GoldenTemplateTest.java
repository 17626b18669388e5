package org.lfm4j.text.jinja;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Renderings equal Python jinja2's, byte for byte; where it fails, so do we. */
class GoldenTemplateTest {
  private static final LocalDateTime NOW = LocalDateTime.of(2026, 1, 2, 15, 4, 5);
  private static final JsonNode GOLDEN = JsonMapper.shared().readTree(resource("golden.json"));

  static List<Arguments> conversations() {
    List<Arguments> cases = new ArrayList<>();
    for (JsonNode golden : GOLDEN.path("conversations")) {
      for (Map.Entry<String, JsonNode> rendering : golden.path("renderings").properties()) {
        cases.add(
            Arguments.of(rendering.getKey(), golden.path("conversation"), rendering.getValue()));
      }
    }
    return cases;
  }

  @ParameterizedTest(quoteTextArguments = false)
  @MethodSource("conversations")
  void rendersConversation(String template, JsonNode conversation, JsonNode expected) {
    Map<String, Object> variables = new LinkedHashMap<>();
    variables.put("messages", value(conversation.path("messages")));
    boolean tools = !conversation.path("tools").isEmpty();
    variables.put("tools", tools ? value(conversation.path("tools")) : None.NONE);
    variables.put("documents", None.NONE);
    variables.put(
        "add_generation_prompt", conversation.path("add_generation_prompt").asBoolean(true));
    variables.put("bos_token", "<|startoftext|>");
    variables.put("eos_token", "<|im_end|>");
    variables.put("pad_token", "<|pad|>");
    conversation
        .path("arguments")
        .properties()
        .forEach(argument -> variables.put(argument.getKey(), value(argument.getValue())));
    String source = template.equals("demo") ? demo() : resource(template + ".jinja");
    assertThat(render(source, variables)).isEqualTo(text(expected));
  }

  static List<Arguments> snippets() {
    List<Arguments> cases = new ArrayList<>();
    for (JsonNode golden : GOLDEN.path("snippets")) {
      cases.add(Arguments.of(golden.get(0).asString(), golden.get(1), golden.get(2)));
    }
    return cases;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("snippets")
  void rendersSnippet(String source, JsonNode variables, JsonNode expected) {
    Map<String, Object> all = new LinkedHashMap<>();
    variables.properties().forEach(v -> all.put(v.getKey(), value(v.getValue())));
    assertThat(render(source, all)).isEqualTo(text(expected));
  }

  private static Optional<String> render(String source, Map<String, Object> variables) {
    List<String> controlTokens = List.of("<|startoftext|>", "<|im_start|>", "<|im_end|>");
    try {
      String marked = Template.parse(source, controlTokens).render(variables, NOW);
      return Optional.of(Marks.plain(marked));
    } catch (TemplateException e) {
      return Optional.empty();
    }
  }

  private static Optional<String> text(JsonNode expected) {
    return expected.isNull() ? Optional.empty() : Optional.of(expected.asString());
  }

  private static Object value(JsonNode json) {
    if (json.isObject()) {
      Map<Object, Object> map = new LinkedHashMap<>();
      json.properties().forEach(entry -> map.put(entry.getKey(), value(entry.getValue())));
      return map;
    }
    if (json.isArray()) {
      List<Object> list = new ArrayList<>();
      json.forEach(item -> list.add(value(item)));
      return list;
    }
    if (json.isIntegralNumber()) {
      return Numbers.integer(json.bigIntegerValue());
    }
    if (json.isNumber()) {
      return json.doubleValue();
    }
    return json.isBoolean() ? json.booleanValue() : json.isNull() ? None.NONE : json.asString();
  }

  private static String demo() {
    Path file =
        Path.of(System.getProperty("lfm4j.root", "."), "demo-model/lfm2-demo/chat_template.jinja");
    assumeTrue(Files.exists(file), "the demo model lies in the repository");
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String resource(String name) {
    try (InputStream in = GoldenTemplateTest.class.getResourceAsStream("/chat-templates/" + name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
