package org.lfm4j.hub;

import java.util.Optional;
import java.util.regex.Pattern;

/** A user's access token. Its value goes into one header of requests to the Hub, nowhere else. */
public final class Token {
  private static final Pattern VISIBLE = Pattern.compile("[\\x21-\\x7e]+");

  private final String value;
  private final String source;

  private Token(String value, String source) {
    this.value = value;
    this.source = source;
  }

  /**
   * Returns a token without the blanks around it.
   *
   * @param source where it came from, in words that error messages use
   * @return empty if there is only blank space
   * @throws HubException if no token looks like this
   */
  public static Optional<Token> of(String text, String source) {
    String value = text.strip();
    if (value.isEmpty()) {
      return Optional.empty();
    }
    if (!VISIBLE.matcher(value).matches()) {
      throw new HubException(
          "The token from %s has blanks or control characters in it: copy it again from https://huggingface.co/settings/tokens."
              .formatted(source));
    }
    return Optional.of(new Token(value, source));
  }

  /** Returns where the token came from. */
  public String source() {
    return source;
  }

  /** Returns the value of the Authorization header. */
  String authorization() {
    return "Bearer " + value;
  }

  @Override
  public String toString() {
    return "token from " + source;
  }
}
