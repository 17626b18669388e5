package org.lfm4j.vast;

import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.lfm4j.vast.VastException.Kind;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What Vast's refusals mean. */
final class ApiErrors {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final Pattern THRESHOLD = Pattern.compile("threshold=(\\d+(\\.\\d+)?)");
  private static final int LONGEST = 300;

  private ApiErrors() {}

  /**
   * Returns the body as JSON.
   *
   * @throws VastException if it is none, as from a proxy or a wrong address
   */
  static JsonNode json(Transport.Call call, Transport.Reply reply) {
    try {
      return JSON.readTree(reply.body());
    } catch (JacksonException e) {
      throw new VastException(
          Kind.UNREACHABLE,
          "%s did not answer %s with JSON: is --url (or VAST_URL) the right address? It began: %s"
              .formatted(call.uri().getHost(), call.method(), brief(reply.body())),
          e);
    }
  }

  /** Returns the error that an answer other than 2xx stands for. */
  static VastException of(
      Endpoint endpoint, Transport.Call call, Transport.Reply reply, ApiKey key) {
    String code = "";
    String message = reply.body().strip();
    try {
      JsonNode body = JSON.readTree(reply.body());
      code = body.path("error").asString("");
      message = body.path("msg").asString(body.path("detail").asString(message));
    } catch (JacksonException e) {
      // Some refusals are plain text.
    }
    return of(endpoint, call, reply.status(), code, brief(message), key);
  }

  private static VastException of(
      Endpoint endpoint, Transport.Call call, int status, String code, String message, ApiKey key) {
    String said =
        "Vast answered %d%s: %s".formatted(status, code.isEmpty() ? "" : " " + code, message);
    if (status == 401) {
      return new VastException(
          Kind.AUTH,
          "Vast refused the %s (%s). Store a valid one with lfm vast set api-key KEY."
              .formatted(key, message));
    }
    if (status == 403) {
      return new VastException(
          Kind.AUTH,
          "The %s may not do this (%s). Use a key with more rights: https://cloud.vast.ai/manage-keys/."
              .formatted(key, message));
    }
    if (code.equals("insufficient_credit") || code.equals("spend_rate_limit")) {
      return new VastException(
          Kind.NO_CREDIT, said + " Add credit at https://cloud.vast.ai/billing/, then try again.");
    }
    if (endpoint.creates() && (status == 404 || status == 410 || code.equals("no_such_ask"))) {
      return new VastException(
          Kind.OFFER_GONE, said + " Search again: somebody else may have taken this offer.");
    }
    if (status == 404) {
      return new VastException(
          Kind.NOT_FOUND, said + " (" + call.uri().getPath() + "). See lfm vast show instances.");
    }
    Kind kind = status >= 500 || status == 429 ? Kind.UNREACHABLE : Kind.INVALID;
    return new VastException(kind, said);
  }

  /** Returns whether a key of a two-factor login has run out. */
  static boolean sessionExpired(Transport.Reply reply) {
    return reply.status() == 401
        || (reply.status() == 404
            && reply.body().toLowerCase(Locale.ROOT).contains("session expired"));
  }

  /** Returns how long to wait after a 429: what its text says, but at least the usual spacing. */
  static Duration wait(Endpoint endpoint, Transport.Reply reply) {
    Matcher matcher = THRESHOLD.matcher(reply.body());
    Duration said =
        matcher.find()
            ? Duration.ofMillis(Math.round(Double.parseDouble(matcher.group(1)) * 1000))
            : Duration.ZERO;
    Duration least = endpoint.spacing();
    return said.compareTo(least) > 0 ? said : least;
  }

  private static String brief(String text) {
    String line = text.replaceAll("\\s+", " ").strip();
    return line.length() <= LONGEST ? line : line.substring(0, LONGEST) + "…";
  }
}
