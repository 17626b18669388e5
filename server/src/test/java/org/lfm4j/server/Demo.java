package org.lfm4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.lfm4j.LanguageModel;
import org.lfm4j.LoadOptions;
import org.lfm4j.server.http.Json;
import tools.jackson.databind.JsonNode;

/** A server with the demo model, and a cache so small that those of all tests fit into memory. */
final class Demo implements AutoCloseable {
  private static final long CACHE_BYTES = 128L << 20;

  final LanguageModel model;
  final TestServer server;

  Demo(LoadOptions options) {
    this(options, TestServer.options().build());
  }

  Demo(LoadOptions options, ServerOptions listening) {
    model =
        LanguageModel.load(
            Path.of(System.getProperty("lfm4j.root"), "demo-model", "lfm2-demo"),
            options.cacheBytes().isPresent() ? options : options.withCacheBytes(CACHE_BYTES));
    server = TestServer.with(model, listening);
  }

  /**
   * A server with little memory. Test classes keep their demo in a static field, and with it the
   * cache, until all tests have ended.
   */
  static Demo small(int maxModelLength) {
    return new Demo(
        LoadOptions.DEFAULT.withMaxModelLength(maxModelLength).withCacheBytes(64 << 20));
  }

  /** Returns a request of one question; {@code more} are further fields, each after a comma. */
  static String request(String question, String more) {
    return "{\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]%s}".formatted(question, more);
  }

  HttpResponse<String> post(String question, String more) {
    return server.chat(request(question, more));
  }

  JsonNode ask(String question, String more) {
    HttpResponse<String> response = post(question, more);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return TestServer.json(response);
  }

  /** Returns the texts of all choices. */
  List<String> texts(String question, String more) {
    List<String> texts = new ArrayList<>();
    ask(question, more)
        .path("choices")
        .forEach(choice -> texts.add(choice.at("/message/content").asString()));
    return texts;
  }

  String text(String question, String more) {
    return texts(question, more).getFirst();
  }

  /** Returns the texts of all choices, put together from a stream. */
  List<String> streamed(String question, String more, int choices) {
    List<StringBuilder> texts = new ArrayList<>();
    for (int i = 0; i < choices; i++) {
      texts.add(new StringBuilder());
    }
    HttpResponse<String> response = post(question, ",\"stream\":true" + more);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(response.body()).endsWith("data: [DONE]\n\n");
    response
        .body()
        .lines()
        .filter(line -> line.startsWith("data: {"))
        .map(line -> Json.MAPPER.readTree(line.substring("data: ".length())).at("/choices/0"))
        .forEach(choice ->
            texts
                .get(choice.path("index").asInt())
                .append(choice.at("/delta/content").asString("")));
    return texts.stream().map(StringBuilder::toString).toList();
  }

  /** Waits for what must become true within seconds. */
  static void await(String what, BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + Duration.ofSeconds(15).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as(what).isLessThan(end);
      Thread.sleep(5);
    }
  }

  @Override
  public void close() {
    server.close();
    model.close();
  }
}
