package org.lfm4j.cli.vast;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.lfm4j.vast.HttpTransport;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.NumericNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The same words make the same requests as with Vast's own command. {@code vast-requests.jsonl}
 * holds what that command sent to a stub on loopback.
 */
class SameRequestsTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** What we do otherwise, on purpose: all of it is here. */
  private static final Map<String, UnaryOperator<List<RecordingStub.Request>>> DIFFERENCES =
      Map.of(
          // The table needs no values for filters.
          "show-instances",
          expected -> expected.subList(1, expected.size()),
          // All IDs are listed, not only those of the first page.
          "show-instances-quiet",
          expected -> List.of(expected.getFirst(), nextPage(expected.getFirst())));

  /** A lost offer must not become a stopped instance that bills its disk. */
  private static void cancelUnavailable(JsonNode body) {
    if (body instanceof ObjectNode object && object.has("cancel_unavail")) {
      object.put("cancel_unavail", true);
    }
  }

  /** Vast's command exits with 0 on nearly every error. */
  private static final Map<String, Integer> EXIT_CODES =
      Map.ofEntries(
          Map.entry("search-blank-value", 2),
          Map.entry("search-wildcard-with-gt", 2),
          Map.entry("search-bad-key", 3),
          Map.entry("create-no-such-ask", 4),
          Map.entry("create-no-credit", 5),
          Map.entry("destroy-no-yes-eof", 7),
          Map.entry("destroy-404", 8),
          // It crashes on its own output.
          Map.entry("execute", 0),
          // It prints a curl line; we refuse the option.
          Map.entry("curl-mode", 2));

  @TempDir Path home;

  static Stream<JsonNode> cases() throws IOException {
    try (InputStream in = SameRequestsTest.class.getResourceAsStream("vast-requests.jsonl");
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      return lines.lines().map(JSON::readTree).toList().stream();
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void sendsTheSame(JsonNode captured) throws IOException {
    String name = captured.path("case").stringValue();
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    try (RecordingStub stub = new RecordingStub()) {
      List<String> words = new ArrayList<>();
      captured.path("argv").forEach(word -> words.add(word.stringValue()));
      words.removeFirst();
      words.replaceAll(word -> word.startsWith("http://127.0.0.1:") ? stub.url() : word);
      Map<String, String> environment = new HashMap<>();
      if (!words.contains("--url")) {
        environment.put("VAST_URL", stub.url());
      }
      environment.put("VAST_API_KEY", "testkey-0123456789");
      int status =
          VastCommands.commandLine(
                  new Surroundings(
                      environment,
                      home,
                      new BufferedReader(new StringReader("")),
                      new VirtualTiming(),
                      () -> new HttpTransport("test"),
                      false))
              .setOut(new PrintWriter(out, true))
              .setErr(new PrintWriter(err, true))
              .execute(words.toArray(String[]::new));
      assertThat(stub.requests.stream().map(SameRequestsTest::comparable))
          .containsExactlyElementsOf(expected(name, captured.path("requests")));
      assertThat(status).as(err.toString()).isEqualTo(EXIT_CODES.getOrDefault(name, 0));
      if (status != 0) {
        assertThat(err.toString()).isNotBlank();
      }
      assertThat(stub.authorizations).doesNotContain("null null");
      assertThat(out.toString() + err)
          .doesNotContain(
              "testkey-0123456789",
              "verysecretkey",
              "tokentokentoken",
              "hf_abcdefgh",
              "abcdef0123456789");
    }
  }

  private static List<RecordingStub.Request> expected(String name, JsonNode requests) {
    List<RecordingStub.Request> expected = new ArrayList<>();
    for (JsonNode request : requests) {
      JsonNode body = request.path("body").deepCopy();
      cancelUnavailable(body);
      expected.add(
          RecordingStub.Request.of(
              request.path("method").stringValue(), request.path("path").stringValue(), body));
    }
    return DIFFERENCES.getOrDefault(name, UnaryOperator.identity()).apply(expected).stream()
        .map(SameRequestsTest::comparable)
        .toList();
  }

  private static RecordingStub.Request nextPage(RecordingStub.Request first) {
    Map<String, String> parameters = new HashMap<>(first.parameters());
    parameters.put("after_token", "eyJ2YWwifQ");
    return new RecordingStub.Request(first.method(), first.path(), parameters, first.body());
  }

  /** 10 and 10.0 are the same number. */
  private static RecordingStub.Request comparable(RecordingStub.Request request) {
    return new RecordingStub.Request(
        request.method(), request.path(), request.parameters(), numbers(request.body()));
  }

  private static JsonNode numbers(JsonNode node) {
    return switch (node) {
      case ObjectNode object -> {
        ObjectNode copy = object.objectNode();
        object.forEachEntry((name, value) -> copy.set(name, numbers(value)));
        yield copy;
      }
      case ArrayNode array -> {
        ArrayNode copy = array.arrayNode();
        array.forEach(value -> copy.add(numbers(value)));
        yield copy;
      }
      case NumericNode number ->
          number.isNumber() ? JSON.getNodeFactory().numberNode(number.doubleValue()) : number;
      default -> node;
    };
  }
}
