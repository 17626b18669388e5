package org.lfm4j.server.auth;

import java.util.Optional;
import java.util.OptionalInt;
import org.lfm4j.server.http.ApiException;

/**
 * The owner of an API key: its name in logs, its salt and what is left of its limits. Thread-safe.
 */
public final class Tenant {
  /** The owner of the key that the current request came with; unbound where keys aren't used. */
  public static final ScopedValue<Tenant> CURRENT = ScopedValue.newInstance();

  private final String name;
  private final KeyDigest digest;
  private final KeyLimits limits;
  private final Optional<RateBucket> requests;
  private final Optional<RateBucket> tokens;

  Tenant(String name, KeyDigest digest, KeyLimits limits) {
    this.name = name;
    this.digest = digest;
    this.limits = limits;
    this.requests = bucket(limits.requestsPerMinute());
    this.tokens = bucket(limits.tokensPerMinute());
  }

  private static Optional<RateBucket> bucket(int perMinute) {
    return perMinute == 0
        ? Optional.empty()
        : Optional.of(new RateBucket(perMinute, System.nanoTime()));
  }

  public String name() {
    return name;
  }

  KeyDigest digest() {
    return digest;
  }

  /** Returns whether another description is of this tenant, whose budget then goes on. */
  boolean isStill(Tenant other) {
    return name.equals(other.name) && digest.equals(other.digest) && limits.equals(other.limits);
  }

  /**
   * Counts a request.
   *
   * @throws ApiException 429 if it is one too many
   */
  public void takeRequest() {
    requests.ifPresent(bucket -> {
      int wait = bucket.tryTake(1, System.nanoTime());
      if (wait > 0) {
        throw ApiException.rateLimited(
            "This API key may send %d requests per minute: try again in %d s."
                .formatted(bucket.perMinute(), wait),
            wait);
      }
    });
  }

  /**
   * Requires that tokens are left; the last request may use more than that.
   *
   * @throws ApiException 429 if none are left
   */
  public void requireTokens() {
    tokens.ifPresent(bucket -> {
      int wait = bucket.secondsUntilPositive(System.nanoTime());
      if (wait > 0) {
        throw ApiException.rateLimited(
            "This API key may use %d tokens per minute and has used them: try again in %d s."
                .formatted(bucket.perMinute(), wait),
            wait);
      }
    });
  }

  /** Takes tokens that were used. */
  public void chargeTokens(int count) {
    tokens.ifPresent(bucket -> bucket.charge(count, System.nanoTime()));
  }

  /** Returns how many requests may be sent per minute; nothing without a limit. */
  public OptionalInt requestLimit() {
    return requests.map(bucket -> OptionalInt.of(bucket.perMinute())).orElse(OptionalInt.empty());
  }

  /** Returns how many requests are left; nothing without a limit. */
  public OptionalInt requestsLeft() {
    return requests
        .map(bucket -> OptionalInt.of(bucket.left(System.nanoTime())))
        .orElse(OptionalInt.empty());
  }

  /** Returns a request's salt as the cache sees it: no other key can have the same. */
  public String salt(Optional<String> ofRequest) {
    return digest.hex() + "/" + ofRequest.orElse("");
  }
}
