package org.lfm4j.cli.vast;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.lfm4j.vast.HttpTransport;
import org.lfm4j.vast.KeyFiles;
import org.lfm4j.vast.VastClient;

/** What the commands of one call share: options, keys and the client. */
final class Session {
  private static final String USER_AGENT = "lfm4j";

  private final ServiceOptions options;
  private final Surroundings surroundings;

  Session(ServiceOptions options, Surroundings surroundings) {
    this.options = options;
    this.surroundings = surroundings;
  }

  Surroundings surroundings() {
    return surroundings;
  }

  ServiceOptions options() {
    return options;
  }

  boolean raw() {
    return options.raw();
  }

  KeyFiles keys() {
    return new KeyFiles(surroundings.environment(), surroundings.home());
  }

  VastClient client() {
    return new VastClient(
        options.url(surroundings),
        keys().find(options.apiKey()),
        new HttpTransport(USER_AGENT),
        surroundings.timing());
  }

  /** Returns the user's answer, or an empty text at the end of the input. */
  String ask() {
    try {
      String answer = surroundings.input().readLine();
      return answer == null ? "" : answer.strip();
    } catch (IOException e) {
      throw new UncheckedIOException("Can't read the answer", e);
    }
  }
}
