package org.lfm4j.vast;

import java.nio.file.Path;
import java.util.Optional;

/**
 * A key to a Vast account.
 *
 * @param value the key itself
 * @param source where it came from, in words
 * @param session the file of a session key, which stops being valid by itself
 */
public record ApiKey(String value, String source, Optional<Path> session) {
  /** A key that stays valid until it is revoked. */
  public static ApiKey of(String value, String source) {
    return new ApiKey(value, source, Optional.empty());
  }

  /** Never shows the key. */
  @Override
  public String toString() {
    return "key from " + source;
  }
}
