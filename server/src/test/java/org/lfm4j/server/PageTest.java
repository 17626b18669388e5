package org.lfm4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfm4j.server.auth.KeyLimits;
import org.lfm4j.server.auth.KeyRing;
import org.lfm4j.server.page.PageFile;

/** The page's files: where they are, what they are sent with, and that they hold together. */
class PageTest {
  private static final Pattern REFERENCE =
      Pattern.compile("(?:href|src)=\"(?!#)([^\"]+)\"|from \"\\./([^\"]+)\"");

  private static TestServer server;

  @BeforeAll
  static void start() {
    server = TestServer.loading();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  static Stream<String> paths() {
    return PageFile.all().stream().map(PageFile::path);
  }

  private static String header(HttpResponse<?> response, String name) {
    return response.headers().firstValue(name).orElse("");
  }

  private static HttpResponse<String> ifNoneMatch(String path, String... tags) {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server.base() + path));
    Stream.of(tags).forEach(tag -> request.header("If-None-Match", tag));
    return server.send(request.build());
  }

  @ParameterizedTest
  @MethodSource("paths")
  void everyFileComesWithStrictHeaders(String path) {
    HttpResponse<String> response = server.get(path);
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).isNotBlank();
    assertThat(header(response, "content-security-policy"))
        .isEqualTo(
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
                + " img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
    assertThat(header(response, "x-content-type-options")).isEqualTo("nosniff");
    assertThat(header(response, "referrer-policy")).isEqualTo("no-referrer");
    assertThat(header(response, "cross-origin-resource-policy")).isEqualTo("same-origin");
    assertThat(header(response, "cache-control")).isEqualTo("no-cache");
  }

  @Test
  void typesAreThoseThatBrowsersInsistOn() {
    assertThat(header(server.get("/"), "content-type")).isEqualTo("text/html; charset=utf-8");
    assertThat(header(server.get("/page/main.js"), "content-type"))
        .isEqualTo("text/javascript; charset=utf-8");
    assertThat(header(server.get("/page/style.css"), "content-type"))
        .isEqualTo("text/css; charset=utf-8");
    assertThat(header(server.get("/page/icon.svg"), "content-type")).isEqualTo("image/svg+xml");
  }

  @Test
  void whatTheBrowserHasIsNotSentAgain() {
    HttpResponse<String> first = server.get("/");
    String etag = header(first, "etag");
    assertThat(etag).matches("\"[0-9a-f]{32}\"");
    for (String tags : List.of(etag, "W/" + etag, "\"old\", " + etag, "*")) {
      HttpResponse<String> again = ifNoneMatch("/", tags);
      assertThat(again.statusCode()).as(tags).isEqualTo(304);
      assertThat(again.body()).isEmpty();
      assertThat(header(again, "etag")).isEqualTo(etag);
      assertThat(header(again, "content-security-policy")).startsWith("default-src 'none'");
    }
    assertThat(ifNoneMatch("/", "\"old\"", etag).statusCode()).isEqualTo(304);
    assertThat(ifNoneMatch("/", "\"old\"").body()).isEqualTo(first.body());
    assertThat(header(server.get("/page/main.js"), "etag")).isNotEqualTo(etag);
  }

  @Test
  void headSaysTheLength() {
    HttpResponse<String> head = server.send("HEAD", "/", "");
    assertThat(head.statusCode()).isEqualTo(200);
    assertThat(head.body()).isEmpty();
    assertThat(head.headers().firstValueAsLong("content-length"))
        .hasValue(server.get("/").body().getBytes(java.nio.charset.StandardCharsets.UTF_8).length);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/page", "/page/", "/page/no.js", "/page/../page/main.js/", "/index.html"})
  void nothingElseIsServed(String path) {
    assertThat(server.get(path).statusCode()).isEqualTo(404);
  }

  @Test
  void thePageNeedsNoKeyButWhatItShowsDoes() {
    KeyRing keys = KeyRing.of(List.of("sk-1"), List.of(), KeyLimits.NONE);
    try (TestServer closed =
        TestServer.with(FakeModel.saying("a"), TestServer.options().keys(keys).build())) {
      assertThat(paths()).allMatch(path -> closed.get(path).statusCode() == 200);
      assertThat(closed.get("/v1/models").statusCode()).isEqualTo(401);
      assertThat(closed.get("/metrics").statusCode()).isEqualTo(401);
    }
  }

  @Test
  void thePageIsOnlyRead() {
    assertThat(server.send("POST", "/", "{}").statusCode()).isEqualTo(405);
  }

  /** Paths are relative, for proxies that show the server under a path of theirs. */
  @Test
  void everythingThatIsAskedForIsThereAndOurs() {
    Set<String> asked = new TreeSet<>(Set.of("/"));
    for (PageFile file : PageFile.all()) {
      Matcher reference = REFERENCE.matcher(server.get(file.path()).body());
      while (reference.find()) {
        String target = reference.group(1) == null ? reference.group(2) : reference.group(1);
        asked.add(URI.create(file.path()).resolve(target).getPath());
        assertThat(target).doesNotContain(":").doesNotStartWith("/");
      }
    }
    assertThat(asked).containsExactlyInAnyOrderElementsOf(paths().toList());
  }

  @ParameterizedTest
  @MethodSource("paths")
  void noFileCanMakeHtmlOfText(String path) {
    assertThat(server.get(path).body())
        .doesNotContain(
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "DOMParser",
            "localStorage",
            "eval(",
            "style=",
            "onclick=");
  }
}
