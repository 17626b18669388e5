package org.lfm4j.server.auth;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import java.util.Optional;
import java.util.Set;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.OpenPaths;

/**
 * Lets requests through that have a key: every path needs one, except those that say nothing but
 * whether the server is well.
 *
 * @param keys the keys
 * @param metricsOpen whether {@code /metrics} needs none either
 * @param page paths of the page, which shows nothing of the server by itself
 */
public record Authentication(KeyRing keys, boolean metricsOpen, Set<String> page) {
  private static final HeaderName API_KEY = HeaderNames.create("X-Api-Key");
  private static final String BEARER = "bearer ";

  /**
   * Returns the owner of a request's key; nothing where none is needed.
   *
   * @throws ApiException 401 without a valid key
   */
  public Optional<Tenant> check(ServerRequest request, String path) {
    boolean open =
        OpenPaths.ALL.contains(path)
            || page.contains(path)
            || (metricsOpen && path.equals("/metrics"));
    if (!keys.closed() || open) {
      return Optional.empty();
    }
    return Optional.of(
        keys.find(
                key(request)
                    .orElseThrow(() ->
                        ApiException.unauthorized(
                            "This server needs an API key: send it as \"Authorization: Bearer KEY\" or \"X-Api-Key: KEY\".")))
            .orElseThrow(() -> ApiException.unauthorized("This API key is not known here.")));
  }

  private static Optional<String> key(ServerRequest request) {
    Optional<String> header = request.headers().first(HeaderNames.AUTHORIZATION);
    if (header.isPresent() && header.get().regionMatches(true, 0, BEARER, 0, BEARER.length())) {
      return Optional.of(header.get().substring(BEARER.length()).strip());
    }
    return request.headers().first(API_KEY).map(String::strip);
  }
}
