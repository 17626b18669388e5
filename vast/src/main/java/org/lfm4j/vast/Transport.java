package org.lfm4j.vast;

import java.io.IOException;
import java.net.URI;
import java.util.Optional;

/** Carries one HTTP request. A seam for tests. */
@FunctionalInterface
public interface Transport {
  /**
   * A request.
   *
   * @param authorization value of the header of that name
   * @param body JSON text
   */
  record Call(String method, URI uri, Optional<String> authorization, Optional<String> body) {}

  /**
   * An answer.
   *
   * @param status HTTP status
   * @param body text, possibly empty
   */
  record Reply(int status, String body) {
    boolean succeeded() {
      return status / 100 == 2;
    }
  }

  /**
   * Sends a request and waits for the whole answer.
   *
   * @throws IOException if there was none; the request may have had its effect all the same
   */
  Reply send(Call call) throws IOException, InterruptedException;
}
