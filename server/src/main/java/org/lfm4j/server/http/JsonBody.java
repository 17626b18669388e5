package org.lfm4j.server.http;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.node.ObjectNode;

/** What a request says around its JSON. */
public final class JsonBody {
  private JsonBody() {}

  /**
   * Returns the bytes of a body declared as JSON. Other types are refused, since a browser sends
   * those across sites without asking: a page could otherwise make a local server work for it.
   *
   * @throws ApiException 415 if it is declared as something else
   */
  public static byte[] read(ServerRequest request) {
    String type = request.headers().first(HeaderNames.CONTENT_TYPE).orElse("");
    String bare = type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    if (!bare.equals("application/json")) {
      throw ApiException.unsupportedMediaType(
          "Content-Type must be application/json, got "
              + (type.isEmpty() ? "none" : "\"" + type + "\""));
    }
    byte[] body = request.content().hasEntity() ? request.content().as(byte[].class) : new byte[0];
    ClientConnection.CURRENT.get().received();
    return body;
  }

  /**
   * Returns the fields of a body declared as JSON.
   *
   * @throws ApiException 415 if it is declared as something else, 400 if it is no JSON object or
   *     beyond the server's limits
   */
  public static Fields fields(ServerRequest request) {
    ObjectNode body = Json.object(read(request));
    RequestScope.CURRENT.get().limits().check(body);
    return new Fields(body, "");
  }

  /** Returns names as a header value; characters that headers can't hold become {@code ?}. */
  public static String headerSafe(List<String> names) {
    // A header's value must not begin or end with a blank.
    String joined = String.join(", ", names).replaceAll("[^\\x21-\\x7e ]|^ | $", "?");
    return joined.length() <= 200 ? joined : joined.substring(0, 200) + "...";
  }
}
