package org.lfm4j.server.edge;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.List;
import java.util.Optional;

/**
 * Which web pages of other origins may call this server from a browser; {@code *} stands for all.
 *
 * @param origins like {@code https://chat.example}; none allows no other origin
 * @param methods allowed methods
 * @param headers allowed request headers
 * @param credentials whether cookies and client certificates may be sent
 */
public record Cors(
    List<String> origins, List<String> methods, List<String> headers, boolean credentials) {
  /** No page of another origin. */
  public static final Cors NONE = new Cors(List.of(), List.of("*"), List.of("*"), false);

  private static final HeaderName ORIGIN = HeaderNames.ORIGIN;
  private static final String ALL = "*";
  private static final String ALL_METHODS = "GET, HEAD, POST, OPTIONS";
  private static final String EXPOSED =
      "X-Request-Id, X-Lfm-Ignored-Fields, Retry-After, X-RateLimit-Limit-Requests, X-RateLimit-Remaining-Requests";
  private static final String MAX_AGE_SECONDS = "600";

  /** Copies the lists. */
  public Cors {
    origins = List.copyOf(origins);
    methods = List.copyOf(methods);
    headers = List.copyOf(headers);
  }

  /**
   * Tells the browser whether the page may see the answer.
   *
   * @return whether the request is a preflight of an allowed page, which then is to be answered
   *     with nothing else
   */
  boolean apply(ServerRequest request, ServerResponse response) {
    if (origins.isEmpty()) {
      return false;
    }
    response.header(HeaderNames.VARY, "Origin");
    Optional<String> origin = request.headers().first(ORIGIN);
    if (origin.isEmpty() || !(origins.contains(ALL) || origins.contains(origin.get()))) {
      return false;
    }
    boolean any = origins.contains(ALL) && !credentials;
    response.header(HeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, any ? ALL : origin.get());
    if (credentials) {
      response.header(HeaderNames.ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
    }
    Optional<String> method = request.headers().first(HeaderNames.ACCESS_CONTROL_REQUEST_METHOD);
    if (method.isEmpty() || !request.prologue().method().text().equals("OPTIONS")) {
      response.header(HeaderNames.ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
      return false;
    }
    response.header(
        HeaderNames.ACCESS_CONTROL_ALLOW_METHODS,
        methods.contains(ALL) ? ALL_METHODS : String.join(", ", methods));
    request
        .headers()
        .first(HeaderNames.ACCESS_CONTROL_REQUEST_HEADERS)
        .ifPresent(asked ->
            response.header(
                HeaderNames.ACCESS_CONTROL_ALLOW_HEADERS,
                headers.contains(ALL) ? asked : String.join(", ", headers)));
    response.header(HeaderNames.ACCESS_CONTROL_MAX_AGE, MAX_AGE_SECONDS);
    return true;
  }
}
