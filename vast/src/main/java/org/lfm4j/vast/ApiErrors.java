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
  private static final int UNAUTHORIZED = 401;
  private static final int FORBIDDEN = 403;
  private static final int NOT_FOUND = 404;
  private static final int TIMEOUT = 408;
  private static final int GONE = 410;
  private static final int SERVER_ERROR = 500;
  private static final double MILLIS_A_SECOND = 1000;

  /** Two calls of a kind came too close to each other. */
  static final int TOO_FAST = 429;

  private ApiErrors() {}

  /**
   * Returns the body as JSON.
   *
   * @throws VastException if it is none, as from a proxy or a wrong address
   */
  static JsonNode json(Transport.Call call, Transport.Reply reply, Mask mask) {
    try {
      return JSON.readTree(reply.body());
    } catch (JacksonException e) {
      throw new VastException(
          Kind.UNREACHABLE,
          "%s did not answer %s with JSON: is --url (or VAST_URL) the right address? It began: %s"
              .formatted(call.uri().getHost(), call.method(), brief(reply.body(), mask)),
          e);
    }
  }

  /** Returns the error that an answer other than 2xx stands for. */
  static VastException of(
      Endpoint endpoint, Transport.Call call, Transport.Reply reply, ApiKey key, Mask mask) {
    String code = "";
    String message = reply.body().strip();
    try {
      JsonNode body = JSON.readTree(reply.body());
      code = body.path("error").asString("");
      message = body.path("msg").asString(body.path("detail").asString(message));
    } catch (JacksonException e) {
      // Some refusals are plain text.
    }
    return of(endpoint, call, reply.status(), brief(code, mask), brief(message, mask), key);
  }

  private static VastException of(
      Endpoint endpoint, Transport.Call call, int status, String code, String message, ApiKey key) {
    String said =
        "Vast answered %d%s: %s".formatted(status, code.isEmpty() ? "" : " " + code, message);
    if (status == UNAUTHORIZED) {
      return new VastException(
          Kind.AUTH,
          "Vast refused the %s (%s). Store a valid one with lfm vast set api-key KEY."
              .formatted(key, message));
    }
    if (status == FORBIDDEN) {
      return new VastException(
          Kind.AUTH,
          "The %s may not do this (%s). Use a key with more rights: https://cloud.vast.ai/manage-keys/."
              .formatted(key, message));
    }
    if (code.equals("insufficient_credit") || code.equals("spend_rate_limit")) {
      return new VastException(
          Kind.NO_CREDIT, said + " Add credit at https://cloud.vast.ai/billing/, then try again.");
    }
    if (endpoint.creates()
        && (status == NOT_FOUND || status == GONE || code.equals("no_such_ask"))) {
      return new VastException(
          Kind.OFFER_GONE, said + " Search again: somebody else may have taken this offer.");
    }
    if (status == NOT_FOUND) {
      return new VastException(
          Kind.NOT_FOUND, said + " (" + call.uri().getPath() + "). See lfm vast show instances.");
    }
    Kind kind =
        status >= SERVER_ERROR || status == TOO_FAST || status == TIMEOUT
            ? Kind.UNREACHABLE
            : Kind.INVALID;
    return new VastException(kind, said);
  }

  /** Returns whether a key of a two-factor login has run out. */
  static boolean sessionExpired(Transport.Reply reply) {
    return reply.status() == UNAUTHORIZED
        || (reply.status() == NOT_FOUND
            && reply.body().toLowerCase(Locale.ROOT).contains("session expired"));
  }

  /** Returns whether Vast, or what is before it, failed: the call may have had its effect. */
  static boolean failed(Transport.Reply reply) {
    return reply.status() >= SERVER_ERROR || reply.status() == TIMEOUT;
  }

  /** Returns how long to wait after a 429: what its text says, but at least the usual spacing. */
  static Duration wait(Endpoint endpoint, Transport.Reply reply) {
    Matcher matcher = THRESHOLD.matcher(reply.body());
    Duration said =
        matcher.find()
            ? Duration.ofMillis(Math.round(Double.parseDouble(matcher.group(1)) * MILLIS_A_SECOND))
            : Duration.ZERO;
    Duration least = endpoint.spacing();
    return said.compareTo(least) > 0 ? said : least;
  }

  /** Masks before it cuts: half a key has no shape to know it by. */
  private static String brief(String text, Mask mask) {
    String line = mask.text(text).replaceAll("\\s+", " ").strip();
    return line.length() <= LONGEST ? line : line.substring(0, LONGEST) + "…";
  }
}
