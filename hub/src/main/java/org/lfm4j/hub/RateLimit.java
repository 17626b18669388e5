package org.lfm4j.hub;

import java.net.http.HttpHeaders;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How long an answer asks to wait: {@code RateLimit: "resolvers";r=0;t=55} (IETF draft) or {@code
 * Retry-After} in seconds.
 */
final class RateLimit {
  private static final Pattern USED_UP =
      Pattern.compile(";\\s*r\\s*=\\s*0\\s*;\\s*t\\s*=\\s*(\\d{1,6})");
  private static final Pattern SECONDS = Pattern.compile("\\d{1,6}");

  /** No window of the Hub's is longer than five minutes. */
  private static final long LONGEST_SECONDS = 600;

  private RateLimit() {}

  static Optional<Duration> wait(HttpHeaders headers) {
    Optional<String> reset =
        headers
            .firstValue("RateLimit")
            .map(USED_UP::matcher)
            .filter(Matcher::find)
            .map(m -> m.group(1));
    return reset
        .or(() -> headers.firstValue("Retry-After").filter(SECONDS.asMatchPredicate()))
        .map(text -> Math.min(Long.parseLong(text), LONGEST_SECONDS))
        // One more, since the server rounds down.
        .map(seconds -> Duration.ofSeconds(seconds + 1));
  }
}
