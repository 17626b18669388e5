package org.lfm4j.hub;

import java.net.URI;
import java.net.http.HttpHeaders;
import java.util.Optional;

/**
 * An answer whose body is still on its way; closing it drops what wasn't read.
 *
 * @param status HTTP status
 * @param headers HTTP headers
 * @param uri what was asked last, after redirects
 * @param body not yet read
 */
record HubResponse(int status, HttpHeaders headers, URI uri, BodyReader body)
    implements AutoCloseable {

  Optional<String> header(String name) {
    return headers.firstValue(name);
  }

  boolean redirects() {
    return status >= 300 && status < 400 && header("Location").isPresent();
  }

  @Override
  public void close() {
    body.close();
  }
}
