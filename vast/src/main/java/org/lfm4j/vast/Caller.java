package org.lfm4j.vast;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.lfm4j.vast.VastException.Kind;
import tools.jackson.databind.node.ObjectNode;

/**
 * Makes one call: paced, repeated when that is safe, with the right key.
 *
 * <p>A call that makes or destroys something is not repeated once its answer is lost, since it may
 * have had its effect: its caller must look first.
 */
final class Caller {
  private static final int REPEATS = 3;
  private static final int REPEATS_WHEN_TOO_FAST = 6;
  private static final int REFUSED = 400;
  private static final Duration FIRST_WAIT = Duration.ofMillis(500);

  private final URI base;
  private final List<ApiKey> keys;
  private final Transport transport;
  private final Timing timing;
  private final Pace pace;
  private final Mask mask;
  private int keyIndex;

  Caller(URI base, List<ApiKey> keys, Transport transport, Timing timing) {
    this.base = base;
    this.keys = List.copyOf(keys);
    this.transport = transport;
    this.timing = timing;
    this.pace = new Pace(timing);
    this.mask = Mask.of(keys.stream().map(ApiKey::value).toList());
  }

  Mask mask() {
    return mask;
  }

  /**
   * Returns the answer's JSON.
   *
   * @param path from {@code /api} on, with its query
   * @throws VastException if Vast refuses, or can't be reached
   */
  ObjectNode call(Endpoint endpoint, String method, String path, Optional<ObjectNode> body)
      throws InterruptedException {
    URI uri = URI.create(base.toString().replaceAll("/+$", "") + path);
    int failures = 0;
    int tooFast = 0;
    while (true) {
      Transport.Call call =
          new Transport.Call(
              method, uri, Optional.of("Bearer " + key().value()), body.map(ObjectNode::toString));
      pace.await(endpoint);
      Transport.Reply reply;
      try {
        reply = transport.send(call);
      } catch (IOException e) {
        String message = "No answer from %s (%s)".formatted(base.getHost(), mask.text(describe(e)));
        if (!endpoint.repeatable()) {
          throw lost(endpoint, message);
        }
        if (failures++ >= REPEATS) {
          throw new VastException(
              Kind.UNREACHABLE, message + ": check the network, or --url and VAST_URL.", e);
        }
        timing.sleep(wait(failures));
        continue;
      }
      if (reply.status() == ApiErrors.TOO_FAST && tooFast++ < REPEATS_WHEN_TOO_FAST) {
        pace.hold(endpoint, ApiErrors.wait(endpoint, reply).multipliedBy(tooFast));
      } else if (ApiErrors.failed(reply) && !endpoint.repeatable()) {
        throw lost(endpoint, "Vast answered %d".formatted(reply.status()));
      } else if (ApiErrors.failed(reply) && failures++ < REPEATS) {
        timing.sleep(wait(failures));
      } else if (reply.succeeded() || !ApiErrors.sessionExpired(reply) || !nextKey()) {
        return result(endpoint, call, reply);
      }
    }
  }

  private ObjectNode result(Endpoint endpoint, Transport.Call call, Transport.Reply reply) {
    if (!reply.succeeded()) {
      throw ApiErrors.of(endpoint, call, reply, key(), mask);
    }
    ObjectNode object = object(endpoint, call, reply);
    if (object.path("success").isBoolean() && !object.path("success").booleanValue()) {
      int status = object.path("status_code").asInt(REFUSED);
      throw ApiErrors.of(endpoint, call, new Transport.Reply(status, reply.body()), key(), mask);
    }
    return object;
  }

  /** An answer that can't be read is a lost one: the call may have had its effect. */
  private ObjectNode object(Endpoint endpoint, Transport.Call call, Transport.Reply reply) {
    try {
      if (ApiErrors.json(call, reply, mask) instanceof ObjectNode object) {
        return object;
      }
    } catch (VastException e) {
      throw endpoint.repeatable() ? e : lost(endpoint, String.valueOf(e.getMessage()));
    }
    String message = "Vast's answer to %s is no JSON object".formatted(call.uri().getPath());
    throw endpoint.repeatable()
        ? new VastException(Kind.UNREACHABLE, message + ".")
        : lost(endpoint, message);
  }

  /** Sends a GET without the key, as for files that Vast keeps elsewhere. */
  Transport.Reply fetch(URI uri) throws IOException, InterruptedException {
    return transport.send(new Transport.Call("GET", uri, Optional.empty(), Optional.empty()));
  }

  private ApiKey key() {
    return keys.get(keyIndex);
  }

  /** A session key that has run out is forgotten for good. */
  private boolean nextKey() {
    Optional<Path> session = key().session();
    if (session.isEmpty() || keyIndex + 1 >= keys.size()) {
      return false;
    }
    try {
      Files.deleteIfExists(session.get());
    } catch (IOException e) {
      throw new UncheckedIOException("Can't remove the old session key " + session.get(), e);
    }
    keyIndex++;
    return true;
  }

  private static Duration wait(int failures) {
    return FIRST_WAIT.multipliedBy(1L << (failures - 1));
  }

  private static VastException lost(Endpoint endpoint, String message) {
    return endpoint.creates()
        ? new VastException(
            Kind.AMBIGUOUS,
            message
                + ": an instance may have been made all the same. See lfm vast show instances before you try again.")
        : new VastException(
            Kind.NOT_DESTROYED,
            message + ": the instance may still be there. See lfm vast show instances.");
  }

  private static String describe(IOException e) {
    String message = e.getMessage();
    return message == null ? e.getClass().getSimpleName() : message;
  }
}
