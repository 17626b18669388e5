package org.lfm4j.server.openapi;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.nio.charset.StandardCharsets;
import org.lfm4j.server.http.Answer;

/** Serves the description of the API, for programs and for people. */
public final class OpenApiEndpoints {
  private OpenApiEndpoints() {}

  /** The description as JSON. */
  public static void description(ServerRequest request, ServerResponse response) {
    Answer.json(request, response, 200, OpenApi.document());
  }

  /** The description as a page, without any script. */
  public static void page(ServerRequest request, ServerResponse response) {
    response.header("Content-Security-Policy", ReferencePage.POLICY);
    byte[] html = new ReferencePage(OpenApi.document()).html().getBytes(StandardCharsets.UTF_8);
    response.header(HeaderNames.CONTENT_TYPE, "text/html; charset=utf-8");
    Answer.bytes(request, response, html);
  }
}
