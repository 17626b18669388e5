package org.lfm4j.server.edge;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import org.lfm4j.server.http.Json;
import org.lfm4j.server.http.RequestScope;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes a line about each request once it has been answered.
 *
 * @param format how
 * @param lines where to
 */
public record AccessLog(Format format, Consumer<String> lines) {
  /** What a line looks like. */
  public enum Format {
    /** No lines at all. */
    OFF,
    /** For people. */
    TEXT,
    /** A JSON object, for machines. */
    JSON
  }

  /** Nothing is written. */
  public static final AccessLog OFF = new AccessLog(Format.OFF, line -> {});

  /**
   * What came and how it was answered.
   *
   * @param client address of the client
   * @param target path and query as they came
   * @param status the status sent; 499 if the client went away before
   * @param nanos from the request's headers to the end of the answer
   */
  record Entry(String client, String method, String target, int status, long nanos) {}

  void write(Entry entry, RequestScope scope) {
    switch (format) {
      case OFF -> {}
      case TEXT -> lines.accept(text(entry, scope));
      case JSON -> lines.accept(json(entry, scope));
    }
  }

  private static String text(Entry entry, RequestScope scope) {
    StringBuilder line = new StringBuilder(160);
    line.append(now()).append(' ').append(entry.client()).append(" \"");
    line.append(entry.method()).append(' ').append(printable(entry.target())).append("\" ");
    line.append(entry.status());
    line.append(String.format(Locale.ROOT, " %.1fms", entry.nanos() / 1e6));
    line.append(" id=").append(scope.id());
    if (!scope.caller().isEmpty()) {
      line.append(" key=").append(scope.caller());
    }
    if (scope.promptTokens() > 0) {
      line.append(" prompt=").append(scope.promptTokens());
      line.append(" cached=").append(scope.cachedTokens());
      line.append(" completion=").append(scope.completionTokens());
    }
    firstMillis(scope)
        .ifPresent(millis -> line.append(String.format(Locale.ROOT, " first=%.1fms", millis)));
    return line.toString();
  }

  private static String json(Entry entry, RequestScope scope) {
    ObjectNode line = Json.MAPPER.createObjectNode();
    line.put("time", now());
    line.put("request_id", scope.id());
    line.put("client", entry.client());
    line.put("method", entry.method());
    line.put("target", entry.target());
    line.put("status", entry.status());
    line.put("duration_ms", rounded(entry.nanos() / 1e6));
    if (!scope.caller().isEmpty()) {
      line.put("key", scope.caller());
    }
    if (scope.promptTokens() > 0) {
      line.put("prompt_tokens", scope.promptTokens());
      line.put("cached_tokens", scope.cachedTokens());
      line.put("completion_tokens", scope.completionTokens());
    }
    firstMillis(scope).ifPresent(millis -> line.put("first_event_ms", rounded(millis)));
    return line.toString();
  }

  private static String now() {
    return Instant.now().truncatedTo(ChronoUnit.MILLIS).toString();
  }

  private static Optional<Double> firstMillis(RequestScope scope) {
    return scope.timeToFirstEvent().map(time -> time.toNanos() / 1e6);
  }

  private static double rounded(double millis) {
    return Math.round(millis * 1000) / 1000.0;
  }

  /** What a client sends must not look like another line, or end the quotes. */
  private static String printable(String target) {
    return target.replaceAll("[^\\x21-\\x7e]|[\"\\\\]", "?");
  }
}
