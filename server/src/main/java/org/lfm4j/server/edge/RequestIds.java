package org.lfm4j.server.edge;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import java.util.UUID;
import java.util.regex.Pattern;

/** The ids under which requests are known to clients and in logs. */
final class RequestIds {
  static final HeaderName HEADER = HeaderNames.create("X-Request-Id");

  /** Safe in headers, logs and traces. */
  private static final Pattern USABLE = Pattern.compile("[\\w.:/+=@-]{1,128}");

  private RequestIds() {}

  /** Returns the client's own id, or a new one if it gave none that can be used. */
  static String of(ServerRequest request) {
    return request
        .headers()
        .first(HEADER)
        .filter(id -> USABLE.matcher(id).matches())
        .orElseGet(() -> UUID.randomUUID().toString().replace("-", ""));
  }
}
