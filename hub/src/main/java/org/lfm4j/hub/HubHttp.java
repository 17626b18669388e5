package org.lfm4j.hub;

import java.io.IOException;
import java.net.ConnectException;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Flow;

/**
 * Single requests, redirects included. The client follows none by itself: here is decided whether
 * one is followed, and that the token stays with the endpoint.
 */
final class HubHttp implements AutoCloseable {
  private static final String USER_AGENT = "lfm4j/0.1.0; java/" + Runtime.version().feature();
  private static final int MOST_REDIRECTS = 8;

  private final HubSettings settings;
  private final Origin endpoint;
  private final HttpClient client;

  HubHttp(HubSettings settings) {
    this.settings = settings;
    this.endpoint = Origin.of(settings.endpoint());
    this.client =
        HttpClient.newBuilder()
            // HTTP/2 would put all ranges on one connection, and each of those has a speed limit.
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(settings.headerTimeout())
            .proxy(new EnvironmentProxy(System.getenv(), ProxySelector.getDefault()))
            .build();
  }

  /** Asks for an address, wherever redirects lead. */
  HubResponse get(URI uri, Map<String, String> headers)
      throws TransientFault, InterruptedException {
    return follow("GET", uri, headers, false);
  }

  /** Asks for the head only, following redirects while they stay with the same origin. */
  HubResponse head(URI uri) throws TransientFault, InterruptedException {
    return follow("HEAD", uri, Map.of(), true);
  }

  boolean isEndpoint(URI uri) {
    return Origin.of(uri).equals(endpoint);
  }

  private HubResponse follow(
      String method, URI start, Map<String, String> headers, boolean sameOriginOnly)
      throws TransientFault, InterruptedException {
    URI uri = start;
    for (int i = 0; i <= MOST_REDIRECTS; i++) {
      HubResponse response = send(method, uri, headers);
      if (!response.redirects()) {
        return response;
      }
      URI target = target(uri, response);
      if (sameOriginOnly && !Origin.of(target).equals(Origin.of(uri))) {
        return response;
      }
      response.close();
      uri = target;
    }
    throw new HubException(
        "%s was redirected more than %d times: check HF_ENDPOINT and the proxy."
            .formatted(shown(start), MOST_REDIRECTS));
  }

  /** Returns where a redirect leads. */
  static URI target(URI from, HubResponse response) {
    String location = response.header("Location").orElseThrow();
    URI target;
    try {
      target = from.resolve(encoded(location));
    } catch (IllegalArgumentException e) {
      throw new HubException(
          "%s redirects to something that is no address.".formatted(shown(from)), e);
    }
    boolean downgrade = from.getScheme().equals("https") && !"https".equals(target.getScheme());
    if (downgrade || target.getHost() == null) {
      throw new HubException(
          "%s redirects to %s, which is not encrypted: the network may be tampered with."
              .formatted(shown(from), shown(target)));
    }
    return target;
  }

  /** Signed addresses may hold characters that Java's URI refuses. */
  private static String encoded(String location) {
    StringBuilder text = new StringBuilder();
    for (byte b : location.getBytes(StandardCharsets.UTF_8)) {
      boolean legal = b > ' ' && b < 0x7f && "\"<>\\^`{|}".indexOf(b) < 0;
      text.append(legal ? String.valueOf((char) b) : "%%%02X".formatted(b & 0xff));
    }
    return text.toString();
  }

  private HubResponse send(String method, URI uri, Map<String, String> headers)
      throws TransientFault, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri)
            .method(method, HttpRequest.BodyPublishers.noBody())
            .timeout(settings.headerTimeout())
            .header("User-Agent", USER_AGENT)
            .header("Accept-Encoding", "identity");
    headers.forEach(request::header);
    if (isEndpoint(uri)) {
      settings.token().ifPresent(token -> request.header("Authorization", token.authorization()));
    }
    try {
      HttpResponse<Flow.Publisher<List<ByteBuffer>>> response =
          client.send(request.build(), HttpResponse.BodyHandlers.ofPublisher());
      BodyReader body = new BodyReader(settings.stallTimeout());
      response.body().subscribe(body);
      return new HubResponse(response.statusCode(), response.headers(), uri, body);
    } catch (IOException e) {
      throw new TransientFault(reason(uri, e));
    }
  }

  private String reason(URI uri, IOException e) {
    if (e instanceof HttpTimeoutException) {
      Duration limit = settings.headerTimeout();
      return "%s did not answer within %d s".formatted(shown(uri), limit.toSeconds());
    }
    if (e instanceof ConnectException) {
      return "can't reach %s: check the connection, the proxy and the firewall (*.hf.co must be allowed too)"
          .formatted(Origin.of(uri).host());
    }
    return "%s broke off: %s".formatted(shown(uri), e.getMessage());
  }

  /** An address for messages: without its query, which may hold a signature. */
  static String shown(URI uri) {
    return uri.getScheme() + "://" + uri.getRawAuthority() + uri.getRawPath();
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
