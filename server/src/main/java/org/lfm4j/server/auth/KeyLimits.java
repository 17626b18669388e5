package org.lfm4j.server.auth;

/**
 * What a key may use; 0 is no limit.
 *
 * @param requestsPerMinute requests, of any kind that needs the key
 * @param tokensPerMinute tokens of prompts and answers together
 */
public record KeyLimits(int requestsPerMinute, int tokensPerMinute) {
  public static final KeyLimits NONE = new KeyLimits(0, 0);

  /** Checks that nothing is negative. */
  public KeyLimits {
    if (requestsPerMinute < 0 || tokensPerMinute < 0) {
      throw new AuthException(
          "The limits of an API key must be at least 0, got %d requests and %d tokens per minute."
              .formatted(requestsPerMinute, tokensPerMinute));
    }
  }
}
