package org.lfm4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.lfm4j.sampling.SamplingParams;
import org.lfm4j.sampling.TokenLogprobs;
import org.lfm4j.sampling.grammar.GrammarSpec;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The code of docs/java.md: what stands there stands here, and does what the page says. */
@Timeout(60)
class JavaPageTest {
  private static final Path ROOT = Path.of(System.getProperty("lfm4j.root"));
  private static final Path directory = ROOT.resolve("demo-model", "lfm2-demo");
  private static LanguageModel model;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);

  @BeforeAll
  static void load() {
    model = LanguageModel.load(directory);
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private String printed() {
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void everySnippetOfThePageStandsHere() throws IOException {
    String here = squeezed(Files.readString(source()));
    List<String> snippets =
        Pattern.compile("```java\n(.*?)```", Pattern.DOTALL)
            .matcher(Files.readString(ROOT.resolve("docs", "java.md")))
            .results()
            .map(MatchResult::group)
            .map(block -> block.substring("```java\n".length(), block.length() - 3))
            .toList();
    assertThat(snippets).hasSizeGreaterThan(9);
    assertThat(snippets).allSatisfy(snippet -> assertThat(here).contains(squeezed(snippet)));
  }

  private static Path source() {
    return ROOT.resolve("engine", "src", "test", "java", "org", "lfm4j", "JavaPageTest.java");
  }

  private static String squeezed(String code) {
    return code.lines().map(String::strip).collect(Collectors.joining("\n", "", "\n"));
  }

  @Test
  void loads() throws Exception {
    try (LanguageModel model = LanguageModel.load(directory)) {
      out.println(model.chat("What is 37 + 48?"));
    }
    assertThat(printed()).contains("85");
  }

  @Test
  void chats() throws Exception {
    Chat chat = model.newChat();
    chat.system("Answer in German.");
    String sum = chat.say("What is 37 + 48?");
    String next = chat.say("What is 12 + 13?");
    Chat later = model.newChat(chat.history());
    assertThat(sum).contains("85");
    assertThat(next).contains("25");
    assertThat(later.history()).hasSize(5);
  }

  @Test
  void streams() throws Exception {
    Chat chat = model.newChat();
    try (Generation answer = chat.stream("Tell me a story about a cat.")) {
      answer.forEach(out::print);
      out.printf("%n%d tokens, %s%n", answer.completionTokens(), answer.finishReason());
    }
    assertThat(printed()).contains("cat", " tokens, STOP");
  }

  @Test
  void samples() throws Exception {
    Chat chat = model.newChat();
    SamplingParams defaults = model.generationConfig().sampling();
    chat.sampling(defaults.toBuilder().temperature(0.7).topP(0.9).seed(42).build());
    chat.maxTokens(100);
    String first = chat.say("Tell me a story about a cat.");
    chat.reset();
    assertThat(chat.say("Tell me a story about a cat.")).isEqualTo(first);
  }

  @Test
  void completes() throws Exception {
    String text = model.complete("Once upon a time", 40);
    assertThat(text).isNotEmpty();
  }

  @Test
  void requests() throws Exception {
    int[] prompt = model.encode(List.of(ChatMessage.user("Tell me a story about a cat.")));
    SamplingParams sampling = SamplingParams.builder().temperature(0.8).seed(1).build();
    GenerationRequest request =
        GenerationRequest.of(prompt, sampling).withMaxTokens(60).withStop("The end");
    try (Generation generation = model.generate(request)) {
      out.println(generation.text());
    }
    assertThat(printed().strip()).isNotEmpty().doesNotContain("The end");

    List<String> texts = new ArrayList<>();
    for (Generation sample : model.generate(request, 3)) {
      try (sample) {
        texts.add(sample.text());
      }
    }
    assertThat(texts).hasSize(3).doesNotContain("").doesNotHaveDuplicates();
    assertThat(texts.getFirst()).isEqualTo(printed().strip());

    GenerationRequest limited = request.withTimeout(Duration.ofSeconds(30));
    assertThat(model.generate(limited).text()).isEqualTo(texts.getFirst());
  }

  @Test
  void bindsAnswersToGrammars() throws Exception {
    int[] prompt = model.encode(List.of(ChatMessage.user("Who is Ada?")));
    SamplingParams sampling = SamplingParams.builder().temperature(0.8).seed(1).build();
    GenerationRequest request = GenerationRequest.of(prompt, sampling).withMaxTokens(200);
    String schema =
        """
        {"type": "object", "required": ["name", "age"], "properties": {
          "name": {"type": "string", "maxLength": 20}, "age": {"type": "integer", "minimum": 0}}}
        """;
    GenerationRequest bound = request.withGrammar(new GrammarSpec.JsonSchema(schema));
    String json = model.generate(bound).text();

    JsonNode person = JsonMapper.shared().readTree(json);
    assertThat(person.propertyNames()).containsExactly("name", "age");
    assertThat(person.path("age").isIntegralNumber()).isTrue();
  }

  @Test
  void reportsLogprobs() throws Exception {
    int[] prompt = model.encode(List.of(ChatMessage.user("What is 37 + 48?")));
    SamplingParams sampling = SamplingParams.GREEDY.toBuilder().logprobs(5).build();
    try (Generation generation = model.generate(GenerationRequest.of(prompt, sampling))) {
      generation.text();
      for (TokenLogprobs token : generation.logprobs()) {
        out.printf("%s %.3f%n", model.tokenizer().token(token.token()), token.logprob());
      }
    }
    assertThat(printed()).contains("<|im_end|> -0.0");
  }

  @Test
  void cancels() throws Exception {
    Chat chat = model.newChat();
    try (Generation answer = chat.stream("Tell me a story about a cat.")) {
      Thread.startVirtualThread(answer::close);
      String text = answer.text();
      out.println(text.length() + " characters, " + answer.finishReason());
    }
    assertThat(printed()).containsPattern("ABORT|STOP");
  }

  @Test
  void runsManyAtOnce() throws Exception {
    List<String> questions = List.of("What is 11 + 12?", "What is 20 + 21?", "What is 30 + 33?");
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<String>> answers = new ArrayList<>();
      for (String question : questions) {
        answers.add(threads.submit(() -> model.chat(question)));
      }
      for (Future<String> answer : answers) {
        out.println(answer.get());
      }
    }
    assertThat(printed()).containsSubsequence("23", "41", "63");
  }

  @Test
  void plansMemory() throws Exception {
    LoadOptions options =
        LoadOptions.DEFAULT.withMaxModelLength(2048).withCacheBytes(64L << 20).withThreads(2);
    try (LanguageModel small = LanguageModel.load(directory, options)) {
      out.println(small.memoryPlan().table());
      out.println(small.stats());
    }
    assertThat(printed()).contains("keys and values", "EngineStats[running=0");
  }
}
