package org.lfm4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.lfm4j.server.chat.ChatDialect;
import org.lfm4j.server.chat.ChatPrompts;
import org.lfm4j.server.completions.CompletionDialect;
import org.lfm4j.server.edge.InFlight;
import org.lfm4j.server.generation.Dialect;
import org.lfm4j.server.generation.Generations;
import org.lfm4j.server.health.Watchdog;
import org.lfm4j.server.http.Fields;
import org.lfm4j.server.http.Json;
import org.lfm4j.server.http.KnownFields;
import org.lfm4j.server.http.Version;
import org.lfm4j.server.messages.MessagesDialect;
import org.lfm4j.server.metrics.Metrics;
import org.lfm4j.server.page.PageFile;
import org.lfm4j.server.responses.ResponsesDialect;
import org.lfm4j.server.tokenize.TokenizeEndpoints;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** The description of the API is true. */
class OpenApiTest {
  private static final ChatPrompts PROMPTS = new ChatPrompts(true);
  private static final String SAYING = "\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]";

  private static Demo demo;

  @BeforeAll
  static void start() {
    demo = Demo.small(128);
  }

  @AfterAll
  static void stop() {
    demo.close();
  }

  /** An object that knows which of its fields were asked for. */
  private static final class AskedObject extends ObjectNode {
    private static final long serialVersionUID = 1L;

    final transient Set<String> asked = new TreeSet<>();

    AskedObject(ObjectNode values) {
      super(JsonNodeFactory.instance, new LinkedHashMap<>());
      setAll(values);
    }

    @Override
    public JsonNode path(String name) {
      asked.add(name);
      return super.path(name);
    }

    @Override
    public boolean hasNonNull(String name) {
      asked.add(name);
      return super.hasNonNull(name);
    }
  }

  private static Set<String> asked(Consumer<Fields> reader, String... bodies) {
    Set<String> asked = new TreeSet<>();
    for (String body : bodies) {
      AskedObject object = new AskedObject((ObjectNode) Json.MAPPER.readTree(body));
      reader.accept(new Fields(object, ""));
      asked.addAll(object.asked);
    }
    return asked;
  }

  private static void assertDescribed(String path, KnownFields known, Set<String> asked) {
    assertThat(asked).as("fields that %s reads", path).isEqualTo(new TreeSet<>(known.read()));
    assertDescribed(path, known);
  }

  private static void assertDescribed(String path, KnownFields known) {
    Set<String> accepted = new TreeSet<>(known.read());
    accepted.addAll(known.harmless());
    assertThat(ApiDescription.fields(ApiDescription.requestSchema(path)))
        .as("fields that are described")
        .isEqualTo(accepted);
  }

  /** What all generating endpoints have in common reads more than each of them knows. */
  private static void assertRead(String path, Dialect dialect, String body) {
    assertThat(asked(reader(dialect), body))
        .as("fields that %s reads", path)
        .containsAll(dialect.fields().read());
  }

  /** The model's name is read by the endpoint itself, before its dialect. */
  private static Consumer<Fields> reader(Dialect dialect) {
    return body -> {
      demo.server.served.nameFor(body);
      dialect.read(body, demo.model);
    };
  }

  @Test
  void everyFieldOfChatIsDescribed() {
    Dialect chat = new ChatDialect(PROMPTS);
    assertDescribed(
        "/v1/chat/completions",
        chat.fields(),
        asked(
            reader(chat),
            "{" + SAYING + "}",
            "{" + SAYING + ",\"max_completion_tokens\":1}",
            "{" + SAYING + ",\"stream\":true}"));
  }

  @Test
  void everyFieldOfCompletionsIsDescribed() {
    Dialect completions = new CompletionDialect();
    assertDescribed(
        "/v1/completions",
        completions.fields(),
        asked(reader(completions), "{\"prompt\":\"a\"}", "{\"prompt\":\"a\",\"stream\":true}"));
  }

  @Test
  void everyFieldOfResponsesIsDescribed() {
    Dialect responses = new ResponsesDialect();
    assertRead("/v1/responses", responses, "{\"input\":\"a\"}");
    assertDescribed("/v1/responses", responses.fields());
  }

  @Test
  void everyFieldOfMessagesIsDescribed() {
    Dialect messages = new MessagesDialect();
    assertRead("/v1/messages", messages, "{\"max_tokens\":1," + SAYING + "}");
    assertDescribed("/v1/messages", messages.fields());
  }

  @Test
  void everyFieldOfTokenizeIsDescribed() {
    TokenizeEndpoints tokens = new TokenizeEndpoints(demo.server.served, PROMPTS);
    assertDescribed(
        "/tokenize",
        TokenizeEndpoints.TOKENIZE,
        asked(tokens::tokenize, "{\"prompt\":\"a\"}", "{" + SAYING + "}"));
    assertDescribed(
        "/detokenize", TokenizeEndpoints.DETOKENIZE, asked(tokens::detokenize, "{\"tokens\":[1]}"));
  }

  /**
   * HEAD and OPTIONS follow from GET and from there being a path. The page is no part of the API.
   */
  @Test
  void everyRouteIsDescribedAndNoOther() {
    Map<String, Set<String>> routes = new TreeMap<>();
    Map<String, Set<String>> served =
        new Routes(
                demo.server.served,
                new Generations(),
                new StatusEndpoints(
                    demo.server.served,
                    new InFlight(),
                    new Watchdog(demo.server.served, Duration.ZERO, Duration.ZERO)),
                new Metrics(),
                TestServer.options().build())
            .methods();
    PageFile.all().forEach(file -> served.remove(file.path()));
    served.forEach((path, methods) -> {
      Set<String> described = new TreeSet<>(methods);
      described.remove("HEAD");
      routes.put(path.endsWith("/") ? path + "{model}" : path, described);
    });
    Map<String, Set<String>> operations = new TreeMap<>();
    ((ObjectNode) ApiDescription.DOCUMENT.get("paths"))
        .forEachEntry((path, item) -> {
          Set<String> methods = new TreeSet<>();
          item.propertyNames().forEach(method -> methods.add(method.toUpperCase(Locale.ROOT)));
          operations.put(path, methods);
        });
    assertThat(operations).isEqualTo(routes);
  }

  @Test
  void everyReferenceLeadsSomewhere() {
    List<String> references =
        ApiDescription.DOCUMENT.findValues("$ref").stream().map(JsonNode::stringValue).toList();
    assertThat(references)
        .isNotEmpty()
        .allSatisfy(reference ->
            assertThat(ApiDescription.DOCUMENT.at(reference.substring(1)).isObject())
                .as(reference)
                .isTrue());
  }

  @Test
  void theDescriptionIsServed() {
    HttpResponse<String> response = demo.server.get("/openapi.json");
    assertThat(TestServer.json(response)).isEqualTo(ApiDescription.DOCUMENT);
    assertThat(ApiDescription.DOCUMENT.at("/info/version").asString()).isEqualTo(Version.NUMBER);
  }

  @Test
  void thePageShowsEveryOperationAndFieldAndLoadsNothing() {
    HttpResponse<String> response = demo.server.get("/docs");
    assertThat(response.headers().firstValue("content-type")).contains("text/html; charset=utf-8");
    assertThat(response.headers().firstValue("content-security-policy").orElse(""))
        .startsWith("default-src 'none'");
    String page = response.body();
    assertThat(page).doesNotContain("<script", "src=", "<link");
    ApiDescription.DOCUMENT
        .path("paths")
        .propertyNames()
        .forEach(path -> assertThat(page).contains(path));
    ApiDescription.fields(ApiDescription.requestSchema("/v1/completions"))
        .forEach(field -> assertThat(page).contains("<code>" + field));
    assertThat(page).contains("<code>prompt (required)</code>", "Default: 16.", "<code>messages");
  }
}
