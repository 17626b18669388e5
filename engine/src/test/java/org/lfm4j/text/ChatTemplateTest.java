package org.lfm4j.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ChatTemplateTest {
  private static final List<String> TEMPLATES =
      List.of(
          "lfm2-gen1",
          "lfm2.5-1.2b-instruct-gguf-2026-03",
          "lfm2.5-vl-1.6b-q8_0",
          "lfm2.5-canonical",
          "LFM2.5-8B-A1B",
          "llama-cpp-lfm2",
          "minimal-chatml");
  private static final Map<String, String> NAMED =
      Map.of("bos_token", "<|startoftext|>", "eos_token", "<|im_end|>", "pad_token", "<|pad|>");
  private static final Tokenizer TOKENIZER = tokenizer();

  /** Parts of which control tokens are made, so that look-alikes are likely. */
  @Provide
  Arbitrary<String> nasty() {
    return Arbitraries.of(
            "<|im_end|>",
            "<|im_start|>",
            "<|im_",
            "<|",
            "<",
            "|",
            ">",
            "|>",
            "im_end",
            "end|>",
            "_end|>",
            "<|startoftext|>",
            "<|tool_call_start|>",
            "<|reserved_1|>",
            "\n",
            "system",
            "\uFDD0",
            "\uFDD0<|im_end|>",
            "\uFDD1",
            "\uD83D",
            "é",
            "{{ bos_token }}",
            "{% raw %}",
            "<think>",
            "a",
            " ")
        .list()
        .ofMinSize(1)
        .ofMaxSize(6)
        .map(parts -> "x" + String.join("", parts));
  }

  @Property(tries = 300)
  void userTextNeverBecomesControlToken(
      @ForAll("nasty") String a, @ForAll("nasty") String b, @ForAll("nasty") String c) {
    for (String name : TEMPLATES) {
      ChatTemplate template = template(name);
      boolean parts = !name.startsWith("minimal");
      ChatPrompt nasty = conversation(a, b, c, parts);
      RenderedPrompt rendered = template.render(nasty);
      int[] ids = TOKENIZER.encode(rendered);
      int[] harmless = TOKENIZER.encode(template.render(conversation("x", "x", "x", parts)));
      assertThat(control(ids)).as(name).containsExactly(control(harmless));
      assertThat(TOKENIZER.decode(ids, false)).isEqualTo(Utf8.wellFormed(rendered.text()));
    }
  }

  /** The strings in every place a client can fill, joined by the template where it joins parts. */
  private static ChatPrompt conversation(String a, String b, String c, boolean parts) {
    Object several =
        List.of(
            Map.of("type", "text", "text", a),
            Map.of("type", "text", "text", b),
            Map.of("type", "text", "text", c));
    Object call = Map.of("function", Map.of("name", a, "arguments", Map.of(b, c)));
    Object tool = Map.of("type", "function", "function", Map.of("name", c, a, List.of(b)));
    return new ChatPrompt(
        List.of(
            Map.of("role", "system", "content", a),
            Map.of("role", "user", "content", parts ? several : b),
            Map.of("role", "assistant", "content", b, "tool_calls", List.of(call), "thinking", a),
            Map.of("role", "tool", "content", c, "name", a),
            Map.of("role", b, "content", a)),
        List.of(tool),
        true,
        Map.of("custom", c));
  }

  @Test
  void rendersAsHuggingFaceTokenizesIt() {
    ChatPrompt prompt =
        new ChatPrompt(
            List.of(
                Map.of("role", "system", "content", "Be brief."),
                Map.of("role", "user", "content", "Hello, Wörld!")));
    RenderedPrompt rendered = template("lfm2-gen1").render(prompt);
    assertThat(rendered.text())
        .isEqualTo(
            "<|startoftext|><|im_start|>system\nBe brief.<|im_end|>\n"
                + "<|im_start|>user\nHello, Wörld!<|im_end|>\n<|im_start|>assistant\n");
    assertThat(TOKENIZER.encode(rendered))
        .containsExactly(TOKENIZER.encodeTrusted(rendered.text(), false));
  }

  @Test
  void conversationsRenderAsInPython() {
    int compared = 0;
    for (JsonNode golden :
        JsonMapper.shared().readTree(resource("golden.json")).path("conversations")) {
      JsonNode conversation = golden.path("conversation");
      boolean called = conversation.toString().contains("tool_calls");
      for (String name : TEMPLATES) {
        ChatTemplate template = template(name);
        if (called && !template.mentionsToolCalls()) {
          continue;
        }
        JsonNode expected = golden.path("renderings").path(name);
        Optional<String> rendered = Optional.empty();
        try {
          rendered = Optional.of(template.render(prompt(conversation)).text());
        } catch (TextException e) {
          assertThat(e).hasMessageContaining("chat template, line");
        }
        assertThat(rendered).isEqualTo(expected.stringValueOpt());
        compared++;
      }
    }
    assertThat(compared).isGreaterThan(400);
  }

  @Test
  void longConversationsStayBelowTheLimits() {
    List<Map<String, Object>> messages = new ArrayList<>();
    for (int i = 0; i < 5_000; i++) {
      messages.add(Map.of("role", "user", "content", "question ".repeat(10)));
      messages.add(Map.of("role", "assistant", "content", "<think>t</think>answer ".repeat(5)));
    }
    for (String name : TEMPLATES) {
      assertThat(template(name).render(new ChatPrompt(messages)).text())
          .endsWith("<|im_start|>assistant\n");
    }
  }

  @SuppressWarnings("unchecked")
  private static ChatPrompt prompt(JsonNode conversation) {
    return new ChatPrompt(
        (List<Map<String, Object>>) value(conversation.path("messages")),
        conversation.has("tools") ? (List<Object>) value(conversation.path("tools")) : List.of(),
        conversation.path("add_generation_prompt").asBoolean(true),
        conversation.has("arguments")
            ? (Map<String, Object>) value(conversation.path("arguments"))
            : Map.of());
  }

  private static Object value(JsonNode json) {
    if (json.isObject()) {
      Map<String, Object> map = new LinkedHashMap<>();
      json.properties().forEach(entry -> map.put(entry.getKey(), value(entry.getValue())));
      return map;
    }
    if (json.isArray()) {
      return json.valueStream().map(ChatTemplateTest::value).toList();
    }
    if (json.isNumber()) {
      return json.isIntegralNumber() ? json.bigIntegerValue() : (Object) json.doubleValue();
    }
    return json.isBoolean() ? json.booleanValue() : json.isNull() ? JsonNull.NULL : json.asString();
  }

  @Test
  void templateCodeInUserTextStaysText() {
    String code = "{{ 7*7 }}{% for x in y %}{# c #}{{ raise_exception('no') }}";
    RenderedPrompt rendered =
        template("minimal-chatml")
            .render(new ChatPrompt(List.of(Map.of("role", "user", "content", code))));
    assertThat(rendered.text()).contains("user\n" + code + "<|im_end|>");
  }

  @Test
  void toolCallsAreKeptByTemplatesThatIgnoreThem() {
    Object function =
        Map.of("name", "f", "arguments", new java.util.TreeMap<>(Map.of("a", 1L, "b", "it's")));
    ChatPrompt prompt =
        new ChatPrompt(
            List.of(
                Map.of("role", "user", "content", "U"),
                Map.of(
                    "role",
                    "assistant",
                    "content",
                    JsonNull.NULL,
                    "tool_calls",
                    List.of(Map.of("function", function), Map.of("function", function)))));
    ChatTemplate template = template("lfm2-gen1");
    assertThat(template.mentionsToolCalls()).isFalse();
    RenderedPrompt rendered = template.render(prompt);
    assertThat(rendered.text())
        .contains(
            "assistant\n<|tool_call_start|>[f(a=1, b=\"it's\"), f(a=1, b=\"it's\")]<|tool_call_end|><|im_end|>");
    assertThat(control(TOKENIZER.encode(rendered)))
        .contains(TOKENIZER.id("<|tool_call_start|>").orElseThrow());
  }

  @Test
  void refusalAndFailureNameTheLine() {
    ChatTemplate template =
        ChatTemplate.parse(
            "\n\n{{ raise_exception('no ' ~ messages | length) }}", TOKENIZER, NAMED);
    assertThatThrownBy(() -> template.render(new ChatPrompt(List.of())))
        .isInstanceOf(TextException.class)
        .hasMessage("chat template, line 3: no 0");
    assertThatThrownBy(() -> ChatTemplate.parse("a\n{% if %}", TOKENIZER, NAMED))
        .isInstanceOf(TextException.class)
        .hasMessageContaining("line 2");
  }

  @Test
  void refusesWhatItCannotHand() {
    ChatTemplate template = template("minimal-chatml");
    StringBuilder all = new StringBuilder();
    IntStream.rangeClosed(0xFDD0, 0xFDEF).forEach(c -> all.append((char) c));
    assertThatThrownBy(() ->
            template.render(
                new ChatPrompt(List.of(Map.of("role", "user", "content", all.toString())))))
        .hasMessageContaining("noncharacters");
    assertThatThrownBy(() ->
            template.render(new ChatPrompt(List.of(), List.of(), true, Map.of("messages", "x"))))
        .hasMessageContaining("'messages' is reserved");
    List<Object> deep = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      deep = new ArrayList<>(List.of(deep));
    }
    List<Object> tools = deep;
    assertThatThrownBy(() -> template.render(new ChatPrompt(List.of(), tools, true, Map.of())))
        .hasMessageContaining("nested deeper");
  }

  @Test
  void controlTokensSurviveWhatTemplatesDoToText() {
    String source =
        "{% set a = bos_token ~ ' Q<|im_end|>y ' %}{{ a | trim }} {{ a[:1] }}{{ messages[0].role }} "
            + "{{ a.split('Q')[1] }}{{ a == '<|startoftext|> Q<|im_end|>y ' }} {{ a | length }} "
            + "{{ '<|im_end|>' in messages[0].content }} {{ a.replace('y', 'z') }} "
            + "{{ messages[0].content.split('<|im_end|>') | join }} {{ [a] | string }} {{ a | tojson }}";
    ChatTemplate template = ChatTemplate.parse(source, TOKENIZER, NAMED);
    Map<String, Object> message = Map.of("role", "|im_end|>", "content", "1<|im_end|>2");
    RenderedPrompt rendered = template.render(new ChatPrompt(List.of(message)));
    assertThat(rendered.text())
        .isEqualTo(
            "<|startoftext|> Q<|im_end|>y <|im_end|> <|im_end|>y True 29 True "
                + "<|startoftext|> Q<|im_end|>z  12 ['<|startoftext|> Q<|im_end|>y '] "
                + "\"<|startoftext|> Q<|im_end|>y \"");
    // Not among them: the one completed by the client's role.
    assertThat(control(TOKENIZER.encode(rendered))).containsExactly(1, 7, 7, 1, 7, 1, 7, 1, 7);
  }

  @Test
  void loadsTemplateAndTokensFromFiles(@TempDir Path folder) throws IOException {
    assertThatThrownBy(() -> ChatTemplate.load(folder, TOKENIZER))
        .isInstanceOf(TextException.class)
        .hasMessageContaining("No chat template");
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        "{\"eos_token\":{\"content\":\"<|im_end|>\"},\"chat_template\":"
            + "[{\"name\":\"default\",\"template\":\"{{ bos_token }}a{{ eos_token }}\"}]}");
    RenderedPrompt rendered =
        ChatTemplate.load(folder, TOKENIZER).render(new ChatPrompt(List.of()));
    assertThat(rendered.text()).isEqualTo("<|startoftext|>a<|im_end|>");
    assertThat(control(TOKENIZER.encode(rendered))).containsExactly(1, 7);
    Files.writeString(folder.resolve("chat_template.jinja"), "file{{ eos_token }}");
    assertThat(ChatTemplate.load(folder, TOKENIZER).render(new ChatPrompt(List.of())).text())
        .isEqualTo("file<|im_end|>");
  }

  private static int[] control(int[] ids) {
    return Arrays.stream(ids)
        .filter(id -> TOKENIZER.controlTokens().anyMatch(token -> token.id() == id))
        .toArray();
  }

  private static ChatTemplate template(String name) {
    Clock clock = Clock.fixed(Instant.parse("2026-01-02T15:04:05Z"), ZoneOffset.UTC);
    return new ChatTemplate(resource(name + ".jinja"), TOKENIZER, NAMED, clock);
  }

  private static String resource(String name) {
    try (InputStream in = ChatTemplateTest.class.getResourceAsStream("/chat-templates/" + name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static Tokenizer tokenizer() {
    try {
      Path folder = Files.createTempDirectory("lfm4j");
      Path file = SyntheticTokenizer.write(folder, 2_000, 3);
      Tokenizer tokenizer = Tokenizer.load(file);
      Files.delete(file);
      Files.delete(folder);
      return tokenizer;
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
