package org.lfm4j.server.openapi;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.nio.charset.StandardCharsets;
import org.lfm4j.server.http.Answer;

/** Serves the description of the API, for programs and for people. */
public final class OpenApiEndpoints {
  /** Made at the first request for it: a start needs none of this. */
  private static final class Made {
    static final byte[] JSON = Answer.bytes(OpenApi.document());
    static final byte[] HTML =
        new ReferencePage(OpenApi.document()).html().getBytes(StandardCharsets.UTF_8);
  }

  private OpenApiEndpoints() {}

  /** The description as JSON. */
  public static void description(ServerRequest request, ServerResponse response) {
    response.header(HeaderNames.CONTENT_TYPE, "application/json");
    Answer.bytes(request, response, Made.JSON);
  }

  /** The description as a page, without any script. */
  public static void page(ServerRequest request, ServerResponse response) {
    response.header("Content-Security-Policy", ReferencePage.POLICY);
    response.header(HeaderNames.CONTENT_TYPE, "text/html; charset=utf-8");
    Answer.bytes(request, response, Made.HTML);
  }
}
